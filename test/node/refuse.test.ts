import { expect, test } from 'vitest'
import { type NodeServer, serve } from '../../adapters/node/index.ts'
import { raw } from './raw.ts'

const fetch = async (): Promise<Response> => new Response('seen by the handler')
const start = (): Promise<NodeServer> => serve({ fetch }, { port: 0 })

const cases: [name: string, request: string, status: string, code: string][] = [
  ['garbage', 'what is this\r\n\r\n', '400 Bad Request', 'REQUEST_INVALID'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\r\n', '400 Bad Request', 'REQUEST_INVALID'],
  ['a header without a name', 'GET / HTTP/1.1\r\n: x\r\n\r\n', '400 Bad Request', 'REQUEST_INVALID'],
  [
    'two lengths',
    'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    '400 Bad Request',
    'REQUEST_INVALID',
  ],
  [
    'headers of 1 MB',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(1e6)}\r\n\r\n`,
    '431 Request Header Fields Too Large',
    'HEADERS_TOO_LARGE',
  ],
  ['no Host', 'GET /v2/ HTTP/1.1\r\n\r\n', '400 Bad Request', 'REQUEST_INVALID'],
  ['a bad Host', 'GET /v2/ HTTP/1.1\r\nHost: a b\r\n\r\n', '400 Bad Request', 'REQUEST_INVALID'],
  ['a Host with a path', 'GET /v2/ HTTP/1.1\r\nHost: a/b\r\n\r\n', '400 Bad Request', 'REQUEST_INVALID'],
  ['a backslash', 'GET /v2\\x HTTP/1.1\r\nHost: a\r\n\r\n', '400 Bad Request', 'REQUEST_INVALID'],
  ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', '400 Bad Request', 'REQUEST_INVALID'],
]

test.each(cases)('%s is answered with an error in JSON', async (_name, request, status, code) => {
  await using server = await start()
  await using client = await raw(server.port, request)
  const text = await client.received(/\}\]\}$/)
  expect(text).toContain(`HTTP/1.1 ${status}\r\n`)
  expect(text).toMatch(/content-type: application\/json\r\n/i)
  expect(text).toContain(`{"errors":[{"code":"${code}","message":`)
})

test('after garbage the connection is closed', async () => {
  await using server = await start()
  await using client = await raw(server.port, 'what is this\r\n\r\n')
  expect(await client.closed()).toContain('Connection: close\r\n')
})

test('HTTP/1.0 needs no Host', async () => {
  await using server = await start()
  await using client = await raw(server.port, 'GET / HTTP/1.0\r\n\r\n')
  expect(await client.closed()).toContain('seen by the handler')
})

test('garbage in the middle of a chunked body fails the body', async () => {
  let failure: unknown
  const kit = {
    fetch: (request: Request) =>
      request.text().then(
        (text) => new Response(text),
        (error: unknown) => {
          failure = error
          return new Response('failed', { status: 400 })
        },
      ),
  }
  await using server = await serve(kit, { port: 0 })
  const head = 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
  await using client = await raw(server.port, `${head}3\r\nabc\r\n`, 'this is no length\r\n')
  expect(await client.closed()).toContain('HTTP/1.1 400')
  await expect.poll(() => failure).toBeInstanceOf(Error)
})

test('a handler that throws is answered with 500 and nothing from the inside', async () => {
  const kit = { fetch: () => Promise.reject(new Error('the inside')) }
  await using server = await serve(kit, { port: 0 })
  const response = await globalThis.fetch(server.url)
  expect(response.status).toBe(500)
  expect(await response.text()).toBe('{"errors":[{"code":"UNKNOWN","message":"internal error"}]}')
})
