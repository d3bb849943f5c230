import { expect, test } from 'vitest'
import { serve } from '../../adapters/node/index.ts'
import { raw, until } from './raw.ts'

const HEAD = 'PUT / HTTP/1.1\r\nHost: a\r\n'
const echo = { fetch: async (request: Request): Promise<Response> => new Response(await request.text()) }

test('a request in flight finishes, then its connection closes', async () => {
  await using server = await serve(echo, { port: 0 })
  let seen = false
  server.server.on('request', () => {
    seen = true
  })
  await using client = await raw(server.port, `${HEAD}Content-Length: 5\r\n\r\nhe`)
  await until(() => seen)
  const closed = server.close()
  await expect(fetch(server.url)).rejects.toThrow()
  client.socket.write('llo')
  const text = await client.closed()
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(text).toMatch(/connection: close\r\n/i)
  expect(text).toContain('hello')
  await closed
})

test('idle and half-opened connections do not hold it up', async () => {
  const server = await serve(echo, { port: 0 })
  await using idle = await raw(server.port, `${HEAD}Content-Length: 2\r\n\r\nhi`)
  await using silent = await raw(server.port)
  await using half = await raw(server.port, 'GET / HT')
  await idle.received(/hi/)
  await server.close({ grace: 60_000 })
  await Promise.all([idle.closed(), silent.closed(), half.closed()])
})

test('what does not finish within the grace is cut', async () => {
  const server = await serve(echo, { port: 0 })
  let seen = false
  server.server.on('request', () => {
    seen = true
  })
  await using client = await raw(server.port, `${HEAD}Content-Length: 5\r\n\r\nhe`)
  await until(() => seen)
  await server.close({ grace: 100 })
  expect(await client.closed()).toBe('')
})

test('closing twice is closing once', async () => {
  const server = await serve(echo, { port: 0 })
  await Promise.all([server.close(), server.close(), server[Symbol.asyncDispose]()])
  await server.close()
})
