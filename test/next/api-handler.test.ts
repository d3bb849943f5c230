/** The API route's handler, given what Next gives it: the request and the response of a Node server. */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type ApiHandlerOptions, toApiHandler } from '../../adapters/next/index.ts'
import { type Host, memory, ocikit, open } from '../../src/index.ts'
import { bodyOf, type Raw, raw } from '../node/raw.ts'

type Fetch = (request: Request, env?: unknown, host?: Host) => Promise<Response>

/** Longer than a busy machine lets this process wait. */
const SILENCE = 1500

let server: Server
afterEach(async () => {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
})

async function listen(fetch: Fetch, options: ApiHandlerOptions = {}): Promise<number> {
  const handler = toApiHandler({ fetch }, options)
  server = createServer((incoming, outgoing) => void handler(incoming, outgoing)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const post = (length: number) => `POST /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`
const GET = 'GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n'

const count: Fetch = async (_request, _env, host) => {
  let bytes = 0
  for await (const chunk of host!.body!(_request) ?? []) bytes += chunk.length
  return Response.json({ bytes })
}

/** Has a client send one byte after the other, for longer than the silence that is permitted. */
async function sendSlowly(client: Raw, pieces: number): Promise<void> {
  for (let i = 0; i < pieces; i++) {
    await new Promise((resolve) => setTimeout(resolve, SILENCE / 5))
    client.socket.write('x')
  }
}

test('a whole registry answers, with the lengths of HEAD', async () => {
  const port = await listen(ocikit({ storage: memory(), auth: open() }).fetch)
  const url = `http://127.0.0.1:${port}/v2/a/blobs`
  const digest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
  const pushed = await fetch(`${url}/uploads/?digest=${digest}`, { method: 'POST', body: '{}' })
  expect(pushed.status).toBe(201)
  const head = await fetch(`${url}/${digest}`, { method: 'HEAD' })
  expect(head.headers.get('content-length')).toBe('2')
})

test('the registry learns the address, and gets no env', async () => {
  const port = await listen(async (_request, env, host) => {
    return Response.json({ env: env === undefined, address: host?.address })
  })
  const answer = await fetch(`http://127.0.0.1:${port}/v2/`)
  expect(await answer.json()).toEqual({ env: true, address: '127.0.0.1' })
})

test('an option that is a function is called once, at the first request', async () => {
  let calls = 0
  const kit = ocikit({
    storage: () => {
      calls++
      return memory()
    },
    auth: open(),
  })
  const port = await listen(kit.fetch)
  expect(calls).toBe(0)
  for (let i = 0; i < 3; i++) await (await fetch(`http://127.0.0.1:${port}/v2/_catalog`)).text()
  expect(calls).toBe(1)
})

test('the server’s limit for a whole request is lifted, set or left alone', async () => {
  for (const [options, limit] of [
    [{}, 0],
    [{ requestTimeout: 60_000 }, 60_000],
    [{ requestTimeout: null }, 300_000],
  ] as const) {
    const port = await listen(count, options)
    expect(server.requestTimeout).toBe(300_000)
    await (await fetch(`http://127.0.0.1:${port}/v2/`)).text()
    expect(server.requestTimeout).toBe(limit)
    server.close()
    server.closeAllConnections()
  }
})

test('a body that falls silent is cut, a slow one is not', async () => {
  const port = await listen(count, { silence: SILENCE })
  await using silent = await raw(port, post(100), 'abc')
  await using slow = await raw(port, post(7))
  await sendSlowly(slow, 7)
  expect(await slow.received(/\}/)).toContain('{"bytes":7}')
  expect(await silent.closed()).toBe('')
})

test('a handler may take as long as it wants', async () => {
  const port = await listen(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, SILENCE * 2))
      return new Response('late')
    },
    { silence: SILENCE },
  )
  await using client = await raw(port, GET)
  expect(await client.received(/late/)).toContain('HTTP/1.1 200')
})

test('an answer that nobody reads is cut, and its body cancelled', async () => {
  let cancelled = false
  const endless: AsyncIterator<string> = { next: async () => ({ value: 'x'.repeat(65_536), done: false }) }
  const port = await listen(
    async () => {
      const body = bodyOf(endless)
      const reader = body.getReader()
      return new Response(
        new ReadableStream({
          async pull(controller) {
            controller.enqueue((await reader.read()).value)
          },
          cancel() {
            cancelled = true
          },
        }),
      )
    },
    { silence: SILENCE },
  )
  await using client = await raw(port)
  client.socket.pause()
  client.socket.write(GET)
  await expect.poll(() => cancelled, { timeout: 10_000 }).toBe(true)
})

test('on a connection that stays, silence is not counted between requests', async () => {
  const port = await listen(count, { silence: SILENCE })
  server.keepAliveTimeout = 30_000
  await using client = await raw(port, GET)
  await client.received(/\}/)
  await new Promise((resolve) => setTimeout(resolve, SILENCE * 2))
  client.socket.write(GET)
  await client.received(/\}[\s\S]*\}/)
})
