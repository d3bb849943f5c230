import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serve } from '../../../adapters/bun/index.ts'
import { raw } from '../../node/raw.ts'
import { type ServerProcess, startBun } from './start.ts'

const HANDLER = fileURLToPath(new URL('./handler.ts', import.meta.url))
/** Later than the silence of a second, however Bun rounds it; its own limit is 10 s. */
const PATIENT = 15_000

let server: ServerProcess
beforeAll(async () => {
  server = await startBun([HANDLER])
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

test('elsewhere than on Bun it says so', async () => {
  await expect(serve({ fetch: async () => new Response() })).rejects.toThrow('this is not Bun')
})

describe.concurrent('silence', () => {
  test('a body that falls silent is cut', async () => {
    await using client = await raw(server.port, put('/count', 100), 'abc')
    expect(await client.closed(PATIENT)).toBe('')
  })

  test('a slow body is not cut', async () => {
    await using client = await raw(server.port, put('/count', 35))
    for (let i = 0; i < 35; i++) {
      await sleep(200)
      client.socket.write('x')
    }
    expect(await client.received(/\}/)).toContain('{"bytes":35}')
  })

  test('a handler may take as long as it wants', async () => {
    await using late = await raw(server.port, get('/late'))
    await using pause = await raw(server.port, get('/pause'))
    expect(await late.received(/late/, PATIENT)).toContain('HTTP/1.1 200')
    expect(await pause.received(/one [\s\S]*two/, PATIENT)).toContain('HTTP/1.1 200')
  })

  test('an answer that nobody reads is cut, and its body cancelled', async () => {
    await using client = await raw(server.port)
    client.socket.pause()
    client.socket.write(get('/endless'))
    await expect.poll(() => said('cancelled'), { timeout: PATIENT }).toBeGreaterThan(0)
  })

  test('an idle connection is closed', async () => {
    await using client = await raw(server.port, get('/head', 'HEAD'))
    expect(await client.closed(PATIENT)).toContain('HTTP/1.1 200')
  })
})

test('the handler learns the address and the URL, also from HTTP/1.0 without a Host', async () => {
  const response = await fetch(`${server.url}/about?n=1`)
  expect(await response.json()).toEqual({ url: `${server.url}/about?n=1`, address: '127.0.0.1' })
  await using client = await raw(server.port, 'GET /about HTTP/1.0\r\n\r\n')
  expect(await client.received(/\}/)).toContain('"url":"http://localhost/about"')
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
    await new Promise((resolve) => client.socket.write(Buffer.alloc(size), resolve))
    expect(await client.received(/no$/)).toMatch(/^HTTP\/1\.1 4\d\d /)
    client.socket.write(get('/refused'))
    await client.received(/no[\s\S]*no$/)
  },
)

test('an early answer reaches a client that has sent a part', async () => {
  await using client = await raw(server.port, put('/refused', 1_000), 'abc')
  expect(await client.received(/no$/)).toMatch(/^HTTP\/1\.1 401 /)
})

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
  await using ending = await startBun([HANDLER])
  await using idle = await raw(ending.port, get('/head', 'HEAD'))
  await idle.received(/\r\n\r\n$/)
  await using _silent = await raw(ending.port)
  await using half = await raw(ending.port, 'GET / HT')
  await using busy = await raw(ending.port, get('/busy'))
  await using client = await raw(ending.port, get('/close'))
  await client.received(/closing/)
  expect(await busy.received(/done$/)).toContain('HTTP/1.1 200')
  // The kernel shows Bun no connection on which nothing was sent, so the silent one just ends nowhere.
  await Promise.all([idle.closed(), half.closed(), busy.closed()])
  await expect.poll(() => ending.output(), { timeout: PATIENT }).toContain('closed')
  await expect(fetch(ending.url)).rejects.toThrow()
})
