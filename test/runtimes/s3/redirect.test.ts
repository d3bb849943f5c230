import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, sha256 } from '../../crash/http.ts'
import { describeBucket } from '../../storage/s3/bucket.ts'
import type { ServerProcess } from '../bun/start.ts'
import { type BucketData, newBucketData, serveBucket } from './start.ts'

describeBucket('a registry that sends clients to the bucket', () => {
  const bytes = randomBytes(3_000_000)
  const digest = sha256(bytes)
  let bucket: BucketData
  let server: ServerProcess
  beforeAll(async () => {
    bucket = newBucketData()
    server = await serveBucket('node', bucket, '--redirect')
    await ask('POST', `${server.url}/v2/a/blobs/uploads/?digest=${digest}`, 201, { body: bytes })
  })
  afterAll(() => server?.close())
  const url = () => `${server.url}/v2/a/blobs/${digest}`

  test('answers 307 with the digest and a URL of the bucket', async () => {
    const answer = await fetch(url(), { redirect: 'manual' })
    expect(answer.status).toBe(307)
    expect(answer.headers.get('docker-content-digest')).toBe(digest)
    expect(answer.headers.get('location')).toContain(process.env['OCIKIT_TEST_S3_ENDPOINT'])
    expect(await answer.text()).toBe('')
  })

  test('whoever follows gets the bytes, also a range of them', async () => {
    expect(sha256((await ask('GET', url(), 200)).bytes)).toBe(digest)
    const part = await ask('GET', url(), 206, { headers: { range: 'bytes=1000-1999' } })
    expect(part.headers.get('content-range')).toBe('bytes 1000-1999/3000000')
    expect(part.bytes.equals(bytes.subarray(1000, 2000))).toBe(true)
    const end = await ask('GET', url(), 206, { headers: { range: 'bytes=-10' } })
    expect(end.bytes.equals(bytes.subarray(-10))).toBe(true)
  })

  test('the URL serves this one blob to anyone, for reading only', async () => {
    const location = (await fetch(url(), { redirect: 'manual' })).headers.get('location')!
    expect(sha256((await ask('GET', location, 200)).bytes)).toBe(digest)
    await ask('PUT', location, 403, { body: Buffer.from('x') })
    await ask('DELETE', location, 403)
    const secret = bucket.env['AWS_SECRET_ACCESS_KEY']!
    expect(location).not.toContain(secret)
  })

  test('HEAD is answered here, and so is what is outside', async () => {
    const head = await fetch(url(), { method: 'HEAD', redirect: 'manual' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '3000000'])
    const outside = await fetch(url(), { redirect: 'manual', headers: { range: 'bytes=3000000-' } })
    expect(outside.status).toBe(416)
  })

  test('without the flag the registry sends the bytes itself', async () => {
    await using plain = await serveBucket('node', bucket)
    const answer = await fetch(`${plain.url}/v2/a/blobs/${digest}`, { redirect: 'manual' })
    expect(answer.status).toBe(200)
    expect(sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(digest)
  })
})
