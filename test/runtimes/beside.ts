/** A registry beside other routes, on the own server of Bun or Deno. */

import { memory, ocikit, open } from '../../src/index.ts'

interface Runtimes {
  readonly Bun?: { serve(options: { port: number; fetch: Handler }): { readonly port: number } }
  readonly Deno?: {
    serve(
      options: { port: number; onListen(): void },
      handler: Handler,
    ): { readonly addr: { readonly port: number } }
  }
}

type Handler = (request: Request) => Response | Promise<Response>

const kit = ocikit({ storage: memory(), auth: open() })
const handler: Handler = (request) =>
  new URL(request.url).pathname === '/' ? new Response('home') : kit.fetch(request)

const { Bun, Deno } = globalThis as Runtimes
const port =
  Bun?.serve({ port: 0, fetch: handler }).port ?? Deno?.serve({ port: 0, onListen() {} }, handler).addr.port
console.log(`listening http://127.0.0.1:${port}`)
