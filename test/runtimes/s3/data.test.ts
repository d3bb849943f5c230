import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, sha256, streamed } from '../../crash/http.ts'
import { raw } from '../../node/raw.ts'
import { describeBucket } from '../../storage/s3/bucket.ts'
import type { ServerProcess } from '../bun/start.ts'
import { newBucketData, serveBucket } from './start.ts'

const MIB = 1024 * 1024

describeBucket('what is pushed to a bucket and pulled from it', () => {
  describe.each(['node', 'bun'] as const)('by %s', (runtime) => {
    let server: ServerProcess
    beforeAll(async () => {
      server = await serveBucket(runtime, newBucketData())
    })
    afterAll(() => server?.close())

    const uploads = () => `${server.url}/v2/s3/data/blobs/uploads/`
    const blob = (digest: string) => `${server.url}/v2/s3/data/blobs/${digest}`

    test('a stream of unknown length comes back whole, with its length, and in 32 ranges at once', async () => {
      const bytes = randomBytes(12 * MIB + 12_345)
      const digest = sha256(bytes)
      const begun = await ask('POST', uploads(), 202)
      const session = new URL(begun.headers.get('location')!, server.url).href
      const written = await ask('PATCH', session, 202, { body: streamed(bytes, 70_000) })
      const next = new URL(written.headers.get('location')!, server.url).href
      await ask('PUT', `${next}?digest=${digest}`, 201)

      const length = String(bytes.length)
      expect((await ask('HEAD', blob(digest), 200)).headers.get('content-length')).toBe(length)
      const whole = await ask('GET', blob(digest), 200)
      expect(whole.headers.get('content-length')).toBe(length)
      expect(sha256(whole.bytes)).toBe(digest)
      const ranges = Array.from({ length: 32 }, async (_, i) => {
        const first = i * 390_001
        const last = Math.min(bytes.length, first + (i % 2 ? 17 : 2 * MIB)) - 1
        const part = await ask('GET', blob(digest), 206, { headers: { range: `bytes=${first}-${last}` } })
        expect(part.headers.get('content-length')).toBe(String(last + 1 - first))
        expect(part.headers.get('content-range')).toBe(`bytes ${first}-${last}/${length}`)
        expect(part.bytes.equals(bytes.subarray(first, last + 1))).toBe(true)
      })
      await Promise.all(ranges)
    })

    test.each(['Content-Length: 7000000\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n6acfc0\r\n'])(
      'an upload that breaks off leaves nothing that can be read: %j',
      async (framing) => {
        const bytes = randomBytes(7_000_000)
        const digest = sha256(bytes)
        const { pathname } = new URL(uploads())
        const head = `POST ${pathname}?digest=${digest} HTTP/1.1\r\nHost: a\r\n${framing}`
        await using client = await raw(server.port, head)
        await new Promise((resolve) => client.socket.write(bytes.subarray(0, 6_000_000), resolve))
        client.socket.destroy()
        await ask('GET', blob(digest), 404)
        await ask('POST', `${uploads()}?digest=${digest}`, 201, { body: bytes })
        expect(sha256((await ask('GET', blob(digest), 200)).bytes)).toBe(digest)
      },
    )
  })
})
