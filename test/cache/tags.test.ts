import { expect, test } from 'vitest'
import { defineRegistry } from '../../src/index.ts'
import { refusal } from '../client/wire.ts'
import { contextOf, pushImage, stage, upstream } from './stage.ts'

const TTL = 60_000

test('a tag that moved is seen after its time, by one HEAD and one GET', async () => {
  const { there, cache, store, pass } = stage({ ttl: TTL })
  const before = await pushImage(there.registry, 'app', 'latest')
  await cache.getManifest('app', 'latest')
  const after = await pushImage(there.registry, 'app', 'latest')
  there.asked.length = 0
  expect((await cache.getManifest('app', 'latest')).descriptor.digest).toBe(before.manifest.digest)
  expect(there.asked).toEqual([])
  pass(TTL)
  expect((await cache.getManifest('app', 'latest')).descriptor.digest).toBe(after.manifest.digest)
  expect(there.asked).toEqual([
    'HEAD /v2/app/manifests/latest',
    `GET /v2/app/manifests/${after.manifest.digest}`,
  ])
  expect((await store.resolveManifest('app', 'latest')).digest).toBe(after.manifest.digest)
  expect((await store.resolveManifest('app', before.manifest.digest)).size).toBeGreaterThan(0)
})

test('a tag that has not moved costs one HEAD for all who ask', async () => {
  const { there, cache, pass } = stage({ ttl: TTL })
  await pushImage(there.registry, 'app', '1')
  await cache.getManifest('app', '1')
  pass(TTL)
  there.asked.length = 0
  await Promise.all(Array.from({ length: 50 }, () => cache.getManifest('app', '1')))
  expect(there.asked).toEqual(['HEAD /v2/app/manifests/1'])
})

test('a tag that was deleted is gone after its time, here too, and comes back soon after it does', async () => {
  const { there, cache, store, pass } = stage({ ttl: TTL })
  const { manifest } = await pushImage(there.registry, 'app', '1')
  await cache.getManifest('app', '1')
  await there.registry.deleteTag('app', '1')
  pass(TTL)
  await expect(cache.getManifest('app', '1')).rejects.toMatchObject({ status: 404 })
  await expect(store.resolveManifest('app', '1')).rejects.toMatchObject({ status: 404 })
  expect((await cache.getManifest('app', manifest.digest)).descriptor.digest).toBe(manifest.digest)
  there.asked.length = 0
  await expect(cache.resolveManifest('app', '1')).rejects.toMatchObject({ status: 404 })
  expect(there.asked).toEqual([])
  await there.registry.pushManifest('app', manifest.bytes, manifest.mediaType, { tags: ['1'] })
  pass(5000)
  expect((await cache.resolveManifest('app', '1')).digest).toBe(manifest.digest)
})

const OUTAGES: readonly (readonly [string, () => Promise<Response>])[] = [
  ['is busy', async () => refusal(429, 'TOOMANYREQUESTS', '', { 'retry-after': '30' })],
  ['fails', async () => refusal(500, 'UNKNOWN')],
  ['is gone', async () => Promise.reject(new TypeError('connection refused'))],
]

test.each(OUTAGES)('while the upstream %s, what is kept is served, with a warning', async (_, answer) => {
  const { there, cache, pass } = stage({ ttl: TTL })
  const { manifest } = await pushImage(there.registry, 'app', '1')
  await cache.getManifest('app', '1')
  pass(TTL)
  there.hook = answer
  there.asked.length = 0
  const { context, warnings } = contextOf()
  expect((await cache.getManifest('app', '1', { context })).descriptor.digest).toBe(manifest.digest)
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain('may be out of date')
  expect((await cache.resolveManifest('app', '1', { context })).digest).toBe(manifest.digest)
  expect(there.asked).toHaveLength(1)
  const tags: string[] = []
  for await (const tag of cache.tags('app', { context })) tags.push(tag)
  expect(tags).toEqual(['1'])
  await expect(cache.getManifest('app', 'never')).rejects.toBeDefined()
  there.hook = undefined
  pass(30_000)
  const after = contextOf()
  await cache.getManifest('app', '1', after)
  expect(after.warnings).toEqual([])
})

test('another process goes on: what is kept is served in an outage, and a tag asked for once', async () => {
  const { there, cache, again } = stage({ ttl: TTL })
  const { manifest } = await pushImage(there.registry, 'app', '1')
  await cache.getManifest('app', '1')
  await cache.close()
  const next = again()
  there.asked.length = 0
  for (let i = 0; i < 3; i++)
    expect((await next.getManifest('app', '1')).descriptor.digest).toBe(manifest.digest)
  expect(there.asked).toEqual(['HEAD /v2/app/manifests/1'])
  there.hook = async () => refusal(503, 'UNAVAILABLE')
  expect((await again().getManifest('app', '1')).descriptor.digest).toBe(manifest.digest)
})

test('offline: what is kept is there, and nobody is asked', async () => {
  const { there, cache, again } = stage({ ttl: 0 })
  const { manifest, layer } = await pushImage(there.registry, 'app', '1')
  await cache.getManifest('app', '1')
  there.asked.length = 0
  const offline = again({ offline: true })
  expect((await offline.getManifest('app', '1')).descriptor.digest).toBe(manifest.digest)
  await expect(offline.getBlob('app', layer.digest)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
  await expect(offline.resolveBlob('app', layer.digest)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
  await expect(offline.getManifest('app', '2')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
  await expect(offline.getManifest('app', layer.digest)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
  for await (const tag of offline.tags('app')) expect(tag).toBe('1')
  expect(there.asked).toEqual([])
})

test('another manifest than that of its digest is neither kept nor given', async () => {
  const there = upstream()
  const { manifest } = await pushImage(there.registry, 'app', '1')
  const other = await pushImage(there.registry, 'app', '2')
  const lying = defineRegistry({
    getManifest: async () => ({
      descriptor: { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length },
      bytes: other.manifest.bytes,
    }),
  })
  const { cache, store } = stage({ there: { ...there, client: lying } })
  for (const reference of ['1', manifest.digest]) {
    await expect(cache.getManifest('app', reference)).rejects.toMatchObject({
      code: 'DIGEST_INVALID',
      status: 502,
    })
    await expect(store.getManifest('app', reference)).rejects.toMatchObject({ status: 404 })
  }
})

test('all who wait for one manifest see the same failure', async () => {
  const { there, cache } = stage()
  await pushImage(there.registry, 'app', '1')
  there.hook = async () => refusal(503, 'UNAVAILABLE', 'not now')
  const pulls = Array.from({ length: 20 }, () => cache.getManifest('app', '1'))
  const results = await Promise.allSettled(pulls)
  expect(new Set(results.map((each) => (each as PromiseRejectedResult).reason)).size).toBe(1)
  expect(there.asked).toHaveLength(1)
})

test('an image and its referrers are asked for apart, and both are kept', async () => {
  const { there, cache } = stage()
  const { manifest } = await pushImage(there.registry, 'app', '1')
  const subject = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length }
  const index = new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      artifactType: 'a/b',
      manifests: [],
      subject,
    }),
  )
  const pushed = await there.registry.pushManifest('app', index, 'application/vnd.oci.image.index.v1+json')
  const list = async () => {
    const digests: string[] = []
    for await (const { descriptor } of cache.referrers('app', manifest.digest))
      digests.push(descriptor.digest)
    return digests
  }
  const [image, referrers] = await Promise.all([cache.getManifest('app', '1'), list()])
  expect(image.descriptor.digest).toBe(manifest.digest)
  expect(referrers).toEqual([pushed.descriptor.digest])
  await cache.getManifest('app', pushed.descriptor.digest)
  there.hook = async () => refusal(503, 'UNAVAILABLE')
  expect(await list()).toEqual([pushed.descriptor.digest])
})
