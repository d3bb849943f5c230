import { describe, expect, test } from 'vitest'
import { s3 } from '../../adapters/storage/s3/index.ts'
import { memory, type OcikitOptions, ocikit, open } from '../../src/index.ts'
import { fakeStore } from '../storage/s3/fake.ts'
import { digestOf, LOREM, pushBlob, send } from './http.ts'

const PATH = `/v2/a/blobs/${digestOf(LOREM)}`

/** A registry with a blob, over a store with URLs. */
async function stage(redirect?: OcikitOptions['redirect']) {
  const fake = fakeStore()
  const storage = await s3(fake.options)
  const kit = ocikit({ storage, auth: open(), ...(redirect === undefined ? {} : { redirect }) })
  await pushBlob(kit, 'a', LOREM)
  fake.requests.length = 0
  return { fake, kit }
}

describe('redirect', () => {
  test('is off: bytes come from the registry', async () => {
    for (const off of [undefined, false])
      expect(await send((await stage(off)).kit, 'GET', PATH)).toMatchObject({ status: 200, text: LOREM })
  })

  test('on: 307 to a URL of the storage, with the digest, and not to be kept', async () => {
    const { kit, fake } = await stage({ seconds: 60 })
    const answer = await send(kit, 'GET', PATH)
    expect([answer.status, answer.text]).toEqual([307, ''])
    expect(answer.headers.get('docker-content-digest')).toBe(digestOf(LOREM))
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const url = new URL(answer.headers.get('location')!)
    expect(url.origin).toBe('http://s3.test')
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60')
    // The record and the size; no content was opened.
    expect(fake.requests.map(({ method }) => method)).toEqual(['GET', 'HEAD'])
  })

  test('a URL is valid for 15 minutes', async () => {
    const { kit } = await stage(true)
    const url = new URL((await send(kit, 'GET', PATH)).headers.get('location')!)
    expect(url.searchParams.get('X-Amz-Expires')).toBe('900')
  })

  test('HEAD, conditions and what is not there are answered here', async () => {
    const { kit, fake } = await stage(true)
    expect((await send(kit, 'HEAD', PATH)).status).toBe(200)
    const etag = `"${digestOf(LOREM)}"`
    expect((await send(kit, 'GET', PATH, { headers: { 'if-none-match': etag } })).status).toBe(304)
    const outside = { headers: { range: 'bytes=1000000-' } }
    expect((await send(kit, 'GET', PATH, outside)).status).toBe(416)
    expect((await send(kit, 'GET', PATH, { headers: { range: 'bytes=1-2' } })).status).toBe(307)
    expect((await send(kit, 'GET', `/v2/a/blobs/${digestOf('x')}`)).status).toBe(404)
    for (const object of fake.objects.keys()) if (object.startsWith('content/')) fake.objects.delete(object)
    expect((await send(kit, 'GET', PATH)).status).toBe(404)
  })

  test('a storage without URLs sends the bytes', async () => {
    const kit = ocikit({ storage: memory(), auth: open(), redirect: true })
    await pushBlob(kit, 'a', LOREM)
    expect(await send(kit, 'GET', PATH)).toMatchObject({ status: 200, text: LOREM })
  })

  test('whoever asks the store for a location may read the bytes all the same', async () => {
    const { kit } = await stage(true)
    const blob = await kit.registry.getBlob('a', digestOf(LOREM), {
      location: true,
      range: { first: 1, last: 4 },
    })
    expect(blob.location).toContain('http://s3.test/')
    expect(new TextDecoder().decode(await blob.bytes())).toBe(LOREM.slice(1, 5))
  })

  test('bytes that vanish fail whoever reads them', async () => {
    const { kit, fake } = await stage(true)
    const blob = await kit.registry.getBlob('a', digestOf(LOREM), { location: true })
    for (const object of fake.objects.keys()) if (object.startsWith('content/')) fake.objects.delete(object)
    await expect(blob.bytes()).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
  })
})
