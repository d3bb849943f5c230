import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serve } from '../../../adapters/deno/index.ts'
import { raw } from '../../node/raw.ts'
import { type ServerProcess, startDeno } from './start.ts'

/** Later than the silence, on any machine. */
const PATIENT = 25_000

const start = () => startDeno('handler.ts', ['--allow-net'])
let server: ServerProcess
beforeAll(async () => {
  server = await start()
})
afterAll(() => server?.kill())

const get = (path: string, method = 'GET') => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const put = (path: string, length: number) =>
  `PUT ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`
/** How often the server has said a line. */
const said = (line: string) =>
  server
    .output()
    .split('\n')
    .filter((each) => each === line).length

test('elsewhere than on Deno it says so', async () => {
  await expect(serve({ fetch: async () => new Response() })).rejects.toThrow('this is not Deno')
})

describe.concurrent('silence', () => {
  test('a body that falls silent is given up', async () => {
    await using client = await raw(server.port, put('/count', 100), 'abc')
    expect(await client.received(/\}\]\}$/, PATIENT)).toMatch(/^HTTP\/1\.1 408 [\s\S]*did not come in time/)
  })

  test('a slow body is not cut', async () => {
    await using client = await raw(server.port, put('/count', 12))
    for (let i = 0; i < 12; i++) {
      await sleep(200)
      client.socket.write('x')
    }
    expect(await client.received(/\}/)).toContain('{"bytes":12}')
  })

  test('a handler may take as long as it wants', async () => {
    await using late = await raw(server.port, get('/late'))
    await using pause = await raw(server.port, get('/pause'))
    expect(await late.received(/late/, PATIENT)).toContain('HTTP/1.1 200')
    expect(await pause.received(/one [\s\S]*two/, PATIENT)).toContain('HTTP/1.1 200')
  })

  test('the body of an answer that nobody reads is cancelled', async () => {
    await using client = await raw(server.port)
    client.socket.pause()
    client.socket.write(get('/endless'))
    await expect.poll(() => said('cancelled'), { timeout: PATIENT }).toBeGreaterThan(0)
  })
})

test('the handler learns the address and the URL, also from HTTP/1.0 without a Host', async () => {
  const response = await fetch(`${server.url}/about?n=1`)
  expect(await response.json()).toEqual({ url: `${server.url}/about?n=1`, address: '127.0.0.1' })
  await using client = await raw(server.port, 'GET /about HTTP/1.0\r\n\r\n')
  expect(await client.received(/\}/)).toContain(`"url":"http://localhost:${server.port}/about"`)
})

test('a Host that is none is answered with an error in JSON', async () => {
  await using client = await raw(server.port, 'GET /about HTTP/1.1\r\nHost: a b\r\n\r\n')
  expect(await client.received(/\}\]\}$/)).toMatch(/ 400 [\s\S]*\{"errors":\[\{"code":"REQUEST_INVALID"/)
})

test('HEAD keeps its content-length; a body that it is given is cancelled', async () => {
  await using client = await raw(server.port, get('/head', 'HEAD'))
  expect(await client.received(/\r\n\r\n$/)).toMatch(/content-length: 12345\r\n/i)
  const before = said('cancelled')
  expect(await (await fetch(`${server.url}/headstream`, { method: 'HEAD' })).text()).toBe('')
  await expect.poll(() => said('cancelled'), { timeout: PATIENT }).toBeGreaterThan(before)
})

test.each(['/refused', '/cancelled'])(
  '%s: an early answer reaches a client that goes on sending',
  async (path) => {
    const size = 30_000_000
    await using client = await raw(server.port, put(path, size))
    client.socket.write(Buffer.alloc(size))
    expect(await client.received(/no$/)).toMatch(/^HTTP\/1\.1 4\d\d /)
  },
)

test('a handler that throws is answered with 500 and nothing from the inside', async () => {
  const response = await fetch(`${server.url}/throws`)
  expect(response.status).toBe(500)
  expect(await response.text()).toBe('{"errors":[{"code":"UNKNOWN","message":"internal error"}]}')
  expect(server.output()).not.toContain('the inside')
})

test('a body that fails half-way cuts the connection', async () => {
  await using client = await raw(server.port, get('/failing'))
  expect(await client.closed(), 'no end of the chunks').not.toContain('0\r\n\r\n')
})

test('closing lets requests finish, and idle and half-opened connections do not hold it up', async () => {
  await using ending = await start()
  await using idle = await raw(ending.port, get('/head', 'HEAD'))
  await idle.received(/\r\n\r\n$/)
  await using half = await raw(ending.port, 'GET / HT')
  await using busy = await raw(ending.port, get('/busy'))
  await using client = await raw(ending.port, get('/close'))
  await client.received(/closing/)
  expect(await busy.received(/done/)).toContain('HTTP/1.1 200')
  await Promise.all([idle.closed(), half.closed(), busy.closed()])
  await expect.poll(() => ending.output(), { timeout: PATIENT }).toContain('closed')
  await expect(fetch(ending.url)).rejects.toThrow()
})

test('closing cuts what takes too long', async () => {
  await using ending = await start()
  await using late = await raw(ending.port, get('/late'))
  await using client = await raw(ending.port, get('/close?grace=200'))
  await client.received(/closing/)
  expect(await late.received(/ending/)).toContain('HTTP/1.1 503')
  await expect.poll(() => ending.output(), { timeout: PATIENT }).toContain('closed')
})
