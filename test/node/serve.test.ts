import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'

const globals = { Request: globalThis.Request, Response: globalThis.Response, fetch: globalThis.fetch }
const { serve } = await import('../../adapters/node/index.ts')
const { bodyOf, raw } = await import('./raw.ts')

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

test('global objects stay as they were', async () => {
  await using server = await serve({ fetch: async () => new Response('x') }, { port: 0 })
  await fetch(server.url)
  expect(globalThis.Request).toBe(globals.Request)
  expect(globalThis.Response).toBe(globals.Response)
  expect(globalThis.fetch).toBe(globals.fetch)
})

test('the handler learns the address, the URL and the headers', async () => {
  const kit = {
    fetch: async (request: Request, _env: unknown, host?: { address?: string }) =>
      Response.json({ url: request.url, address: host?.address, x: request.headers.get('x-test') }),
  }
  await using server = await serve(kit, { port: 0 })
  const response = await fetch(`${server.url}/v2/?n=1`, { headers: { 'x-test': '1' } })
  expect(await response.json()).toEqual({ url: `${server.url}/v2/?n=1`, address: '127.0.0.1', x: '1' })
})

test('a taken port is an error', async () => {
  const kit = { fetch: async () => new Response() }
  await using server = await serve(kit, { port: 0 })
  await expect(serve(kit, { port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('HEAD keeps its content-length and has no body', async () => {
  const fetch = async () => new Response(null, { headers: { 'content-length': '12345', etag: '"e"' } })
  await using server = await serve({ fetch }, { port: 0 })
  await using client = await raw(server.port, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const text = await client.closed()
  expect(text).toMatch(/content-length: 12345\r\n/)
  expect(text).toMatch(/\r\n\r\n$/)
  expect(text).not.toMatch(/transfer-encoding/i)
})

test('the body of an answer to HEAD is cancelled, not sent', async () => {
  let cancelled = false
  const body = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => {
        cancelled = true
      },
    })
  await using server = await serve({ fetch: async () => new Response(body()) }, { port: 0 })
  const response = await fetch(server.url, { method: 'HEAD' })
  expect(await response.text()).toBe('')
  expect(cancelled).toBe(true)
})

test('204 has no content-length, several cookies stay several', async () => {
  const headers: [string, string][] = [
    ['content-length', '0'],
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ]
  await using server = await serve(
    { fetch: async () => new Response(null, { status: 204, headers }) },
    { port: 0 },
  )
  await using client = await raw(server.port, GET)
  const text = await client.received(/\r\n\r\n$/)
  expect(text).not.toMatch(/content-length|transfer-encoding/i)
  expect(text).toMatch(/set-cookie: a=1\r\nset-cookie: b=2\r\n/i)
})

test.each([1, 30_000_000])(
  'an early 401 reaches a client that first sends all of its %i bytes',
  async (size) => {
    const fetch = async () => new Response('no', { status: 401, headers: { 'content-length': '2' } })
    await using server = await serve({ fetch }, { port: 0 })
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
    await new Promise((resolve) => socket.write(Buffer.alloc(size), resolve))
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    expect(chunk.toString()).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/)
    socket.write(GET)
    const [next] = (await once(socket, 'data')) as [Buffer]
    expect(next.toString(), 'the connection is still usable').toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/)
    socket.destroy()
  },
)

test('an early answer reaches a client whose body never ends, and then it is cut off', async () => {
  const fetch = async () => new Response('no', { status: 401, headers: { 'content-length': '2' } })
  await using server = await serve({ fetch }, { port: 0 })
  await using client = await raw(server.port, 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc')
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/)
})

test('a cancelled request body does not lose the answer', async () => {
  const fetch = async (request: Request) => {
    await request.body?.cancel()
    return new Response('no', { status: 413, headers: { 'content-length': '2' } })
  }
  await using server = await serve({ fetch }, { port: 0 })
  const response = await globalThis.fetch(server.url, { method: 'PUT', body: new Uint8Array(10_000_000) })
  expect(response.status).toBe(413)
  expect(await response.text()).toBe('no')
})

test('a client that waits for 100 Continue gets it when the body is wanted', async () => {
  await using server = await serve(
    { fetch: async (request) => new Response(await request.text()) },
    { port: 0 },
  )
  const head = 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n'
  await using client = await raw(server.port, head)
  await client.received(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  client.socket.write('hello')
  expect(await client.received(/hello/)).toContain('HTTP/1.1 200 OK')
})

test('a client that waits for 100 Continue and is refused need not send its body', async () => {
  await using server = await serve({ fetch: async () => new Response('no', { status: 401 }) }, { port: 0 })
  const head = 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n'
  await using client = await raw(server.port, head)
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n(?:.*\r\n)*connection: close\r\n/i)
})

test.each(['Content-Length: 100\r\n\r\nabc', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'])(
  'a client that goes away fails the body: %j',
  async (body) => {
    let failure: unknown
    let signal: AbortSignal | undefined
    const fetch = async (request: Request) => {
      signal = request.signal
      try {
        for await (const _ of request.body!);
      } catch (error) {
        failure = error
      }
      return new Response()
    }
    await using server = await serve({ fetch }, { port: 0 })
    await using client = await raw(server.port, `PUT / HTTP/1.1\r\nHost: a\r\n${body}`)
    await expect.poll(() => signal).toBeDefined()
    client.socket.end()
    await expect.poll(() => failure).toBeInstanceOf(Error)
    await expect.poll(() => signal?.aborted).toBe(true)
  },
)

test('a body that fails half-way cuts the connection', async () => {
  const body = async function* () {
    yield 'half'
    throw new Error('the disk is gone')
  }
  const fetch = async () => new Response(bodyOf(body()))
  await using server = await serve({ fetch }, { port: 0 })
  await using client = await raw(server.port, GET)
  expect(await client.closed(), 'no end of the chunks').not.toContain('0\r\n\r\n')
})

test('the answer to a client that is gone is cancelled', async () => {
  let cancelled = false
  const body = new ReadableStream({
    cancel: () => {
      cancelled = true
    },
  })
  let gone: Promise<unknown> | undefined
  const fetch = async (request: Request) => {
    gone = new Promise((resolve) => request.signal.addEventListener('abort', resolve))
    await gone
    return new Response(body)
  }
  await using server = await serve({ fetch }, { port: 0 })
  await using client = await raw(server.port, GET)
  await expect.poll(() => gone !== undefined).toBe(true)
  client.socket.destroy()
  await expect.poll(() => cancelled).toBe(true)
})
