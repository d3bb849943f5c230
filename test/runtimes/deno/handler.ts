/** A handler behind the shim, whose paths do what the tests of the shim need. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type DenoServer, serve } from '../../../adapters/deno/index.ts'
import type { Host } from '../../../src/index.ts'

const LONG = 2_500

type Handler = (request: Request, host: Host) => Response | Promise<Response>

const handlers: Readonly<Record<string, Handler>> = {
  '/about': (request, { address }) => Response.json({ url: request.url, address }),
  '/count': async (request, host) => {
    let bytes = 0
    try {
      for await (const chunk of host.body!(request) ?? []) bytes += chunk.length
    } catch {
      return new Response('broken', { status: 500 })
    }
    return Response.json({ bytes })
  },
  '/late': async () => {
    await sleep(LONG)
    return new Response('late')
  },
  '/pause': () => {
    const parts = ['one ', 'two']
    return streamed(async () => {
      if (parts.length < 2) await sleep(LONG)
      return parts.shift()
    })
  },
  '/endless': () =>
    streamed(
      async () => 'x'.repeat(65_536),
      () => console.log('cancelled'),
    ),
  '/failing': () => {
    let first = true
    return streamed(async () => {
      if (!first) throw new Error('the disk is gone')
      first = false
      return 'half'
    })
  },
  '/head': () => new Response(null, { headers: { 'content-length': '12345' } }),
  '/headstream': () =>
    streamed(
      async () => 'x',
      () => console.log('cancelled'),
    ),
  '/refused': () => new Response('no', { status: 401, headers: { 'content-length': '2' } }),
  '/cancelled': async (request, host) => {
    await host.body!(request)?.cancel()
    return new Response('no', { status: 413, headers: { 'content-length': '2' } })
  },
  '/throws': () => Promise.reject(new Error('the inside')),
  '/close': (request) => {
    const grace = Number(new URL(request.url).searchParams.get('grace') ?? 20_000)
    setTimeout(() => {
      server.close({ grace }).then(() => console.log('closed'), console.log)
    }, 100)
    return new Response('closing')
  },
  '/one-second': async () => {
    await sleep(1_000)
    return new Response('done')
  },
}

function streamed(next: () => Promise<string | undefined>, cancel = () => {}): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const text = await next()
        if (text === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(text))
      },
      cancel,
    },
    { highWaterMark: 0 },
  )
  return new Response(body)
}

const fetch = async (request: Request, _env: unknown, host: Host = {}): Promise<Response> => {
  const handler = handlers[new URL(request.url).pathname]
  return handler ? handler(request, host) : new Response('nothing', { status: 404 })
}
const server: DenoServer = await serve({ fetch }, { port: 0, silence: 1_000 })
console.log(`listening ${server.url}`)
