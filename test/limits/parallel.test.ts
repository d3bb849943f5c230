import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { ask, sha256 } from '../crash/http.ts'
import { type Server, startServer } from '../crash/server.ts'

const TYPE = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
let folder: Folder
let server: Server
let base = ''
beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(folder.path)
  base = `${server.url}/v2/limits/parallel`
})
afterAll(async () => {
  await server.kill()
  await folder.remove()
})

const push = async (bytes: Buffer<ArrayBuffer>) => {
  const digest = sha256(bytes)
  await ask('POST', `${base}/blobs/uploads/?digest=${digest}`, 201, { body: bytes })
  return { mediaType: 'application/octet-stream', digest, size: bytes.length }
}

test('64 pulls at once are whole, and so are ranges', async () => {
  const bytes = randomBytes(2_000_000)
  const { digest } = await push(bytes)
  const url = `${base}/blobs/${digest}`
  const pulls = Array.from({ length: 64 }, async (_, i) => {
    if (i % 4 > 0) {
      expect(sha256((await ask('GET', url, 200)).bytes)).toBe(digest)
      return
    }
    const first = i * 20_000
    const part = await ask('GET', url, 206, { headers: { range: `bytes=${first}-${first + 499_999}` } })
    expect(part.bytes.equals(bytes.subarray(first, first + 500_000))).toBe(true)
  })
  await Promise.all(pulls)
})

test('whoever reads a tag while it moves gets one of its manifests, whole', async () => {
  const blob = await push(randomBytes(100))
  const manifests = Array.from({ length: 8 }, (_, i) => {
    const annotations = { number: String(i), padding: 'x'.repeat(i * 1_000) }
    return Buffer.from(JSON.stringify({ schemaVersion: 2, config: blob, layers: [blob], annotations }))
  })
  const digests = new Set(manifests.map(sha256))
  const url = `${base}/manifests/moving`
  const put = (i: number) => ask('PUT', url, 201, { body: manifests[i % 8]!, headers: TYPE })
  await put(0)
  let writing = true
  const seen = new Set<string>()
  const write = async (first: number) => {
    for (let i = 0; i < 60; i++) await put(first + i)
  }
  const read = async (method: 'GET' | 'HEAD') => {
    for (let i = 0; writing && i < 5_000; i++) {
      const { bytes, headers } = await ask(method, url, 200)
      const digest = headers.get('docker-content-digest')!
      if (method === 'GET') expect(sha256(bytes)).toBe(digest)
      expect(digests).toContain(digest)
      seen.add(digest)
    }
  }
  const readers = [read('GET'), read('GET'), read('GET'), read('HEAD')]
  await Promise.all([write(1), write(4)])
  writing = false
  await Promise.all(readers)
  expect(seen.size).toBeGreaterThan(1)
})
