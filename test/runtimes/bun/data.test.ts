import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, temporaryFolder } from '../../clients/process.ts'
import { ask, sha256 } from '../../crash/http.ts'
import { raw } from '../../node/raw.ts'
import { filesIn } from '../../storage/folder.ts'
import { type ServerProcess, serveFolder } from './start.ts'

let folder: Folder
let server: ServerProcess
beforeAll(async () => {
  folder = await temporaryFolder()
  server = await serveFolder(folder.path)
})
afterAll(async () => {
  await server?.kill()
  await folder?.remove()
})

const uploads = () => `${server.url}/v2/bun/data/blobs/uploads/`
const push = async (bytes: Buffer<ArrayBuffer>) => {
  const digest = sha256(bytes)
  await ask('POST', `${uploads()}?digest=${digest}`, 201, { body: bytes })
  return `${server.url}/v2/bun/data/blobs/${digest}`
}

test('32 ranges at once are right, and so are their headers', async () => {
  const size = 3_000_000
  const bytes = randomBytes(size)
  const url = await push(bytes)
  const reads = Array.from({ length: 32 }, async (_, i) => {
    const first = i * 90_001
    const last = Math.min(size, first + (i % 2 ? 17 : 1_200_000)) - 1
    const spelled = i % 8 === 7 ? `-${size - first}` : `${first}-${last}`
    const end = i % 8 === 7 ? size - 1 : last
    const part = await ask('GET', url, 206, { headers: { range: `bytes=${spelled}` } })
    expect(part.headers.get('content-range')).toBe(`bytes ${first}-${end}/${size}`)
    expect(part.headers.get('content-length')).toBe(String(end + 1 - first))
    expect(part.headers.get('content-type')).toBe('application/octet-stream')
    expect(part.bytes.equals(bytes.subarray(first, end + 1))).toBe(true)
  })
  await Promise.all(reads)
})

test('a range that is not to be used gives the whole, and the name of no file', async () => {
  const bytes = randomBytes(300_000)
  const url = await push(bytes)
  for (const headers of [{}, { range: 'bytes=0-9', 'if-range': '"other"' }, { range: 'bytes=0-9,20-29' }]) {
    const whole = await ask('GET', url, 200, { headers: headers as Record<string, string> })
    expect(whole.headers.get('content-length')).toBe('300000')
    expect(whole.headers.get('content-disposition') ?? '').not.toContain('filename')
    expect(sha256(whole.bytes)).toBe(sha256(bytes))
  }
})

test.each(['Content-Length: 100000\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n186a0\r\n'])(
  'an upload that breaks off leaves nothing that can be read: %j',
  async (framing) => {
    const bytes = randomBytes(100_000)
    const digest = sha256(bytes)
    const path = new URL(`${uploads()}?digest=${digest}`)
    const head = `POST ${path.pathname}${path.search} HTTP/1.1\r\nHost: a\r\n${framing}`
    await using client = await raw(server.port, head)
    await new Promise((resolve) => client.socket.write(bytes.subarray(0, 60_000), resolve))
    client.socket.destroy()
    const url = `${server.url}/v2/bun/data/blobs/${digest}`
    await ask('GET', url, 404)
    const digits = digest.split(':')[1]!
    const files = async () => (await filesIn(folder.at('content'))).join()
    await expect.poll(files, { timeout: 10_000 }).not.toContain(digits)
    await ask('GET', url, 404)
    await push(bytes)
  },
)

test('a body of more than Bun takes by itself (128 MiB) comes in', { timeout: 60_000 }, async () => {
  const bytes = Buffer.alloc(140 * 2 ** 20, 'x')
  const url = await push(bytes)
  expect((await ask('HEAD', url, 200)).headers.get('content-length')).toBe(String(bytes.length))
})

test('a second process is refused the folder, and gets it once the first was killed', async () => {
  const bytes = randomBytes(1_000)
  const url = await push(bytes)
  await expect(serveFolder(folder.path)).rejects.toThrow('in use by another process')
  await server.kill()
  server = await serveFolder(folder.path)
  const again = await ask('GET', `${server.url}${new URL(url).pathname}`, 200)
  expect(again.bytes.equals(bytes)).toBe(true)
})
