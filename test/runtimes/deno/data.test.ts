import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Folder, temporaryFolder } from '../../clients/process.ts'
import { ask, sha256 } from '../../crash/http.ts'
import { raw } from '../../node/raw.ts'
import { type ServerProcess, serveFolder, serveKv } from './start.ts'

describe.each([
  ['fs', serveFolder],
  ['kv', serveKv],
] as const)('data on deno with %s', (name, serve) => {
  let folder: Folder
  let server: ServerProcess
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await serve(folder.path)
  })
  afterAll(async () => {
    await server?.kill()
    await folder?.remove()
  })

  const uploads = () => `${server.url}/v2/deno/data/blobs/uploads/`
  const push = async (bytes: Buffer<ArrayBuffer>) => {
    const digest = sha256(bytes)
    await ask('POST', `${uploads()}?digest=${digest}`, 201, { body: bytes })
    return `${server.url}/v2/deno/data/blobs/${digest}`
  }

  test('16 ranges at once are right, and so are their headers', async () => {
    const size = 3_000_000
    const bytes = randomBytes(size)
    const url = await push(bytes)
    const reads = Array.from({ length: 16 }, async (_, i) => {
      const first = i * 180_001
      const last = Math.min(size, first + (i % 2 ? 17 : 1_200_000)) - 1
      const part = await ask('GET', url, 206, { headers: { range: `bytes=${first}-${last}` } })
      expect(part.headers.get('content-range')).toBe(`bytes ${first}-${last}/${size}`)
      expect(part.headers.get('content-length')).toBe(String(last + 1 - first))
      expect(part.bytes.equals(bytes.subarray(first, last + 1))).toBe(true)
    })
    await Promise.all(reads)
  })

  test('a blob that comes in chunks of any length', async () => {
    const chunks = [1, 64_511, 64_512, 64_513, 1_000_003].map((size) => randomBytes(size))
    const begun = await ask('POST', uploads(), 202)
    let location = begun.headers.get('location')!
    for (const body of chunks)
      location = (await ask('PATCH', server.url + location, 202, { body })).headers.get('location')!
    const whole = Buffer.concat(chunks)
    const digest = sha256(whole)
    await ask('PUT', `${server.url}${location}?digest=${digest}`, 201)
    const read = await ask('GET', `${server.url}/v2/deno/data/blobs/${digest}`, 200)
    expect(sha256(read.bytes)).toBe(digest)
  })

  test('an upload that breaks off leaves nothing that can be read', async () => {
    const bytes = randomBytes(100_000)
    const digest = sha256(bytes)
    const path = new URL(`${uploads()}?digest=${digest}`)
    const head = `POST ${path.pathname}${path.search} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n`
    await using client = await raw(server.port, head)
    await new Promise((resolve) => client.socket.write(bytes.subarray(0, 60_000), resolve))
    client.socket.destroy()
    await ask('GET', `${server.url}/v2/deno/data/blobs/${digest}`, 404)
    await push(bytes)
  })

  test('what was acknowledged is there after a kill', async () => {
    const bytes = randomBytes(1_000_000)
    const url = await push(bytes)
    if (name === 'fs') await expect(serve(folder.path)).rejects.toThrow('in use by another process')
    await server.kill()
    server = await serve(folder.path)
    const again = await ask('GET', `${server.url}${new URL(url).pathname}`, 200)
    expect(again.bytes.equals(bytes)).toBe(true)
  })
})
