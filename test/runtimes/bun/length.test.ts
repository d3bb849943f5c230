/** What comes from no file has its length, too, where Node's server is used on Bun. */

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, sha256 } from '../../crash/http.ts'
import { raw } from '../../node/raw.ts'
import { COMMAND, type ServerProcess, startBun } from './start.ts'

const MIB = 1024 * 1024

let server: ServerProcess
beforeAll(async () => {
  server = await startBun([COMMAND, 'serve', '--memory', '--port', '0', '--log', 'off'])
})
afterAll(() => server?.kill())

const push = async (bytes: Buffer<ArrayBuffer>) => {
  const digest = sha256(bytes)
  await ask('POST', `${server.url}/v2/bun/length/blobs/uploads/?digest=${digest}`, 201, { body: bytes })
  return `${server.url}/v2/bun/length/blobs/${digest}`
}

test('a blob in memory, however large, whole and in parts', async () => {
  const bytes = randomBytes(20 * MIB)
  const url = await push(bytes)
  const whole = await ask('GET', url, 200)
  expect(whole.headers.get('content-length')).toBe(String(bytes.length))
  expect(whole.headers.get('transfer-encoding')).toBeNull()
  expect(sha256(whole.bytes)).toBe(sha256(bytes))
  const part = await ask('GET', url, 206, { headers: { range: `bytes=5-${10 * MIB}` } })
  expect(part.headers.get('content-length')).toBe(String(10 * MIB - 4))
  expect(sha256(part.bytes)).toBe(sha256(bytes.subarray(5, 10 * MIB + 1)))
  expect((await ask('HEAD', url, 200)).headers.get('content-length')).toBe(String(bytes.length))
})

test('who leaves in the middle of it takes nothing from the others', async () => {
  const bytes = randomBytes(8 * MIB)
  const { pathname } = new URL(await push(bytes))
  for (let i = 0; i < 5; i++) {
    await using client = await raw(server.port, `GET ${pathname} HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect(await client.received(/\r\n\r\n/)).toContain(`content-length: ${bytes.length}`)
    client.socket.destroy()
  }
  const whole = await ask('GET', server.url + pathname, 200)
  expect(sha256(whole.bytes)).toBe(sha256(bytes))
})
