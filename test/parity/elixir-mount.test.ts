/** Whoever comes from an Elixir plug for registries: where it can be mounted. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { toApiHandler } from '../../adapters/next/index.ts'
import { serve } from '../../adapters/node/index.ts'
import { memory, type Ocikit, ocikit, open } from '../../src/index.ts'
import { digestOf, imageOf, pushImage } from './content.ts'

const image = imageOf('an image')

describe('mounts inside another web application', () => {
  const site = (kit: Ocikit, base: string) => ({
    fetch: (path: string, init?: RequestInit) =>
      kit.fetch(new Request(`http://host.test${base}${path}`, init)),
  })
  const kit = () => ocikit({ storage: memory(), auth: open() })

  test('of Hono, at the root and below a path with parameters', async () => {
    const app = new Hono()
    app.get('/', (c) => c.text('home'))
    app.route('/', kit().app)
    app.route('/teams/:team', kit().app)
    const at = (base: string) => ({
      fetch: async (path: string, init?: RequestInit) => app.request(base + path, init),
    })
    await pushImage(at(''), 'a', '1', image)
    expect(await (await app.request('/')).text()).toBe('home')
    const other = at('/teams/red')
    expect((await other.fetch('/v2/a/manifests/1')).status).toBe(404)
    const begun = await other.fetch('/v2/a/blobs/uploads/', { method: 'POST' })
    expect(begun.headers.get('location')).toMatch(/^\/teams\/red\/v2\/a\/blobs\/uploads\//)
    await pushImage(other, 'a', '1', image)
    expect((await other.fetch('/v2/a/manifests/1')).status).toBe(200)
  })

  test('of node:http, with a few lines between', async () => {
    const registry = kit()
    const server = createServer(async (incoming, outgoing) => {
      if (!incoming.url!.startsWith('/v2')) return outgoing.end('home')
      const body = ['GET', 'HEAD'].includes(incoming.method!)
        ? null
        : (Readable.toWeb(incoming) as ReadableStream)
      const url = new URL(incoming.url!, 'http://host.test')
      const headers = incoming.headers as Record<string, string>
      const init = { method: incoming.method!, headers, body, duplex: 'half' }
      const answer = await registry.fetch(new Request(url, init))
      outgoing.writeHead(answer.status, Object.fromEntries(answer.headers))
      if (!answer.body) return outgoing.end()
      return Readable.fromWeb(answer.body as NodeStream).pipe(outgoing)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const app = { fetch: (path: string, init?: RequestInit) => fetch(origin + path, init) }
    await pushImage(app, 'a', '1', image)
    expect(await (await app.fetch(`/v2/a/blobs/${digestOf(image.layer)}`)).text()).toBe('an image')
    expect(await (await app.fetch('/')).text()).toBe('home')
    server.close()
    server.closeAllConnections()
  })

  test('of Next.js, as an API route; test/runtimes/next has the real one', async () => {
    const handler = toApiHandler(kit())
    const server = createServer((incoming, outgoing) => void handler(incoming, outgoing))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const app = { fetch: (path: string, init?: RequestInit) => fetch(origin + path, init) }
    await pushImage(app, 'a', '1', image)
    expect(await (await app.fetch(`/v2/a/blobs/${digestOf(image.layer)}`)).text()).toBe('an image')
    server.close()
    server.closeAllConnections()
  })

  test('that is a fetch handler of its own, with several registries, by host', async () => {
    const hosts: Record<string, Ocikit> = { 'red.test': kit(), 'blue.test': kit() }
    const app = {
      fetch: async (request: Request) =>
        hosts[request.headers.get('host') ?? '']?.fetch(request) ?? new Response(),
    }
    const at = (host: string) => ({
      fetch: (path: string, init?: RequestInit) => {
        const request = new Request(`http://${host}${path}`, init)
        request.headers.set('host', host)
        return app.fetch(request)
      },
    })
    await pushImage(at('red.test'), 'a', '1', image)
    expect((await at('red.test').fetch('/v2/a/manifests/1')).status).toBe(200)
    expect((await at('blue.test').fetch('/v2/a/manifests/1')).status).toBe(404)
    // Whatever has a `fetch` can listen.
    await using server = await serve(app, { port: 0 })
    expect((await fetch(`${server.url}/v2/`)).status).toBe(200)
  })

  test('at any base path', async () => {
    const registry = ocikit({ storage: memory(), auth: open(), basePath: '/deep/registry' })
    await pushImage(site(registry, '/deep/registry'), 'a', '1', image)
    const begun = await site(registry, '/deep/registry').fetch('/v2/a/blobs/uploads/', { method: 'POST' })
    expect(begun.headers.get('location')).toMatch(/^\/deep\/registry\/v2\//)
    expect((await site(registry, '').fetch('/v2/')).status).toBe(404)
  })
})
