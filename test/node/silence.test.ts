import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { serve } from '../../adapters/node/index.ts'
import { bodyOf, raw } from './raw.ts'

const SILENCE = 500
const HEAD = 'PATCH / HTTP/1.1\r\nHost: a\r\n'

/** Answers with the number of bytes that came, or notes why they did not. */
function counter(before = 0) {
  const failures: unknown[] = []
  const fetch = async (request: Request): Promise<Response> => {
    await delay(before)
    let bytes = 0
    try {
      for await (const chunk of request.body ?? []) bytes += chunk.length
    } catch (error) {
      failures.push(error)
      throw error
    }
    return Response.json({ bytes })
  }
  return { fetch, failures }
}

test('a body that falls silent is cut, and the handler sees an error', async () => {
  const kit = counter()
  await using server = await serve(kit, { port: 0, silence: SILENCE })
  const start = performance.now()
  await using client = await raw(server.port, `${HEAD}Content-Length: 100\r\n\r\nabc`)
  await client.closed()
  expect(performance.now() - start).toBeGreaterThan(SILENCE * 0.9)
  await expect.poll(() => kit.failures).toHaveLength(1)
})

test('a slow body is not cut', async () => {
  // Longer than a busy machine lets this process wait, and shorter than the whole body takes.
  const silence = 1500
  await using server = await serve(counter(), { port: 0, silence })
  await using client = await raw(server.port, `${HEAD}Content-Length: 20\r\n\r\n`)
  for (let i = 0; i < 20; i++) {
    await delay(100)
    client.socket.write('x')
  }
  expect(await client.received(/\}/)).toContain('{"bytes":20}')
})

test('a handler may take as long as it wants: after the body', async () => {
  const fetch = () => delay(SILENCE * 3).then(() => new Response('late'))
  await using server = await serve({ fetch }, { port: 0, silence: SILENCE })
  await using client = await raw(server.port, `${HEAD}Content-Length: 3\r\n\r\nabc`)
  expect(await client.received(/late/)).toContain('HTTP/1.1 200')
})

test('a handler may take as long as it wants: before it reads the body', async () => {
  await using server = await serve(counter(SILENCE * 3), { port: 0, silence: SILENCE })
  const size = 16 * 2 ** 20
  await using client = await raw(server.port, `${HEAD}Content-Length: ${size}\r\n\r\n`)
  client.socket.write(Buffer.alloc(size))
  expect(await client.received(/\}/)).toContain(`{"bytes":${size}}`)
})

test('a handler may take as long as it wants: between two parts of its answer', async () => {
  const body = async function* () {
    for (const part of ['one ', 'two']) {
      yield part
      await delay(SILENCE * 2)
    }
  }
  const fetch = async () => new Response(bodyOf(body()), { headers: { 'content-length': '7' } })
  await using server = await serve({ fetch }, { port: 0, silence: SILENCE })
  await using client = await raw(server.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(await client.received(/one two$/)).toContain('HTTP/1.1 200')
})

test('an answer that nobody reads is cut, and its body cancelled', async () => {
  let cancelled = false
  const chunk = new Uint8Array(2 ** 16)
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(chunk),
    cancel: () => {
      cancelled = true
    },
  })
  await using server = await serve({ fetch: async () => new Response(body) }, { port: 0, silence: SILENCE })
  await using client = await raw(server.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  client.socket.pause()
  await expect.poll(() => cancelled, { timeout: 10_000 }).toBe(true)
})

test('headers that do not come in time are answered with 408', async () => {
  const fetch = async () => new Response()
  await using server = await serve({ fetch }, { port: 0, headersTimeout: 200 })
  await using client = await raw(server.port, 'GET / HTTP/1.1\r\nHost: ')
  const text = await client.closed()
  expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  expect(text).toContain('{"errors":[{"code":"REQUEST_TIMEOUT"')
})
