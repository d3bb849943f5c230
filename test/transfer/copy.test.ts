/** Copies between registries. */

import { beforeEach, expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { contentOf } from '../../src/content.ts'
import { createStore, memory } from '../../src/index.ts'
import { OCI_INDEX } from '../../src/oci/index.ts'
import { defineRegistry, passThrough, type Registry } from '../../src/registry.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { descriptorOf, indexOf, manifestOf, textOf } from '../../src/testing/registry/samples.ts'
import { copy, type Progress } from '../../src/transfer/index.ts'
import { fill, listed, makeImage, missingOf, type TestImage } from './images.ts'

let here: Registry
let there: Registry
let image: TestImage

beforeEach(async () => {
  here = createStore({ storage: memory() })
  there = createStore({ storage: memory() })
  image = await makeImage(1)
  await fill(here, 'app', image)
})

const from = (reference = 'v1') => ({ registry: here, repository: 'app', reference })
const to = (reference?: string) => ({
  registry: there,
  repository: 'mirror/app',
  ...(reference && { reference }),
})
/** All of an image but what only referrers have. */
const wholeOf = ({ blobs, images, index }: TestImage) => ({
  blobs: blobs.slice(0, -1),
  manifests: [...images, index],
})

/** A client of a registry in this process, and what it has sent. */
function counted(registry: Registry = createStore({ storage: memory() })) {
  const served = testRegistry({ registry })
  const sent: string[] = []
  const client = createClient('https://registry.test', {
    retry: { firstDelay: 1 },
    fetch: (url, init) => {
      const path = new URL(url).pathname
      if (init.method !== 'GET' && init.method !== 'HEAD') sent.push(`${init.method} ${path}`)
      return served.fetch(url, init)
    },
  })
  return { client, sent, served }
}

test('docker 2.5h: copies an index with all its images, byte for byte, and its tag', async () => {
  const copied = await copy(from(), to())
  expect(copied).toMatchObject({ tags: ['v1'], manifests: 3, blobs: 5, mounted: 0, there: 0 })
  expect(copied.descriptor.digest).toBe(image.index.digest)
  expect(await missingOf(there, 'mirror/app', wholeOf(image))).toEqual([])
  expect((await there.resolveManifest('mirror/app', 'v1')).digest).toBe(image.index.digest)
  expect(await missingOf(there, 'mirror/app', { manifests: image.referrers })).toHaveLength(3)
})

test('docker 2.5i: of an index only the image for a platform', async () => {
  const copied = await copy(from(), to('arm'), { platforms: ['linux/arm64'] })
  expect(copied.descriptor.digest).toBe(image.images[1].digest)
  expect(copied).toMatchObject({ tags: ['arm'], manifests: 1, blobs: 3 })
  await expect(copy(from(), to(), { platforms: ['linux/s390x'] })).rejects.toThrow(
    'there is no image for linux/s390x: there are linux/amd64, linux/arm64',
  )
  await expect(copy(from(), to(), { platforms: ['arm64'] })).rejects.toThrow('write it as in linux/arm64')
})

test('several platforms leave the index as it is, where the other side takes that', async () => {
  const three = await indexOf([], {
    manifests: [
      { ...descriptorOf(image.images[0]), platform: { os: 'linux', architecture: 'amd64' } },
      { ...descriptorOf(image.images[1]), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
      { ...descriptorOf(image.index), platform: { os: 'linux', architecture: 's390x' } },
    ],
  })
  await here.pushManifest('app', three.bytes, OCI_INDEX, { tags: ['three'] })
  const sparse = createStore({ storage: memory(), sparse: true })
  const platforms = ['linux/amd64', 'linux/arm/v7']
  const copied = await copy(from('three'), { registry: sparse, repository: 'app' }, { platforms })
  expect(copied.descriptor.digest).toBe(three.digest)
  expect(await missingOf(sparse, 'app', { manifests: [...image.images, image.index] })).toEqual([
    image.index.digest,
  ])
  await expect(copy(from('three'), to(), { platforms })).rejects.toMatchObject({
    code: 'MANIFEST_BLOB_UNKNOWN',
  })
})

test('a second copy sends nothing, also of another tag only that', async () => {
  const { client, sent } = counted(there)
  await copy(from(), { registry: client, repository: 'app' })
  sent.length = 0
  expect(await copy(from(), { registry: client, repository: 'app' })).toMatchObject({
    manifests: 0,
    blobs: 0,
    there: 1,
  })
  expect(sent).toEqual([])
  await copy(from(), { registry: client, repository: 'app', reference: 'v2' }, { tags: ['v3'] })
  expect(sent.every((line) => line.startsWith('PUT /v2/app/manifests/'))).toBe(true)
  expect(await listed(there.tags('app'))).toEqual(['v1', 'v2', 'v3'])
})

test('a recursive copy mends what is missing below', async () => {
  const sparse = createStore({ storage: memory(), sparse: true })
  const place = { registry: sparse, repository: 'app' }
  await sparse.pushManifest('app', image.index.bytes, image.index.mediaType, { tags: ['v1'] })
  await copy(from(), place)
  expect(await missingOf(sparse, 'app', wholeOf(image))).toHaveLength(7)
  await copy(from(), place, { recursive: true })
  expect(await missingOf(sparse, 'app', wholeOf(image))).toEqual([])
})

test('what refers to an image comes along when asked for, also of its children and of that', async () => {
  await copy(from(), to())
  await copy(from(), to(), { referrers: true })
  expect(await missingOf(there, 'mirror/app', { manifests: image.referrers })).toEqual([])
  const found = await listed(there.referrers('mirror/app', image.index.digest))
  expect(found.map(({ descriptor }) => descriptor.digest)).toEqual([image.referrers[0]!.digest])
})

test('a referrer may hold what it refers to', async () => {
  const about = await indexOf([image.index], {
    subject: descriptorOf(image.index),
    artifactType: 'test/list',
  })
  await here.pushManifest('app', about.bytes, about.mediaType)
  await copy(from(), to(), { referrers: true })
  expect(await missingOf(there, 'mirror/app', { manifests: [about, ...image.referrers] })).toEqual([])
})

test('children of an index may be blobs, as in caches of builds', async () => {
  const layer = await textOf('a layer', 'application/vnd.oci.image.layer.v1.tar+gzip')
  await here.pushBlob('app', { digest: layer.digest }, layer.bytes)
  const cache = await indexOf([layer])
  await here.pushManifest('app', cache.bytes, cache.mediaType, { tags: ['cache'] })
  expect(await copy(from('cache'), to())).toMatchObject({ manifests: 1, blobs: 1 })
  expect(await missingOf(there, 'mirror/app', { blobs: [layer], manifests: [cache] })).toEqual([])
})

test('within one registry blobs are mounted, also over HTTP', async () => {
  const { client, sent } = counted(here)
  const source = { registry: client, repository: 'app', reference: 'v1' }
  const copied = await copy(source, { registry: client, repository: 'team/app' })
  expect(copied).toMatchObject({ manifests: 3, blobs: 0, mounted: 5 })
  expect(sent.filter((line) => line.startsWith('PATCH') || line.includes('PUT /v2/team/app/blobs'))).toEqual(
    [],
  )
  expect(await missingOf(here, 'team/app', wholeOf(image))).toEqual([])
})

test('a copy that was killed goes on where it was: no blob is sent twice', async () => {
  const { client, sent } = counted(there)
  const end = new AbortController()
  const progress: Progress[] = []
  const killed = copy(
    from(),
    { registry: client, repository: 'app' },
    {
      concurrency: 1,
      signal: end.signal,
      onProgress: (each) => {
        progress.push(each)
        if (progress.filter(({ state }) => state === 'copied').length === 3) end.abort(new Error('killed'))
      },
    },
  )
  await expect(killed).rejects.toThrow('killed')
  const done = progress.filter(({ kind, state }) => kind === 'blob' && state === 'copied').length
  expect(done).toBeGreaterThan(1)
  expect(await missingOf(there, 'app', { manifests: [image.index] })).toHaveLength(1)
  const before = sent.filter((line) => line.startsWith('PUT /v2/app/blobs')).length
  const copied = await copy(from(), { registry: client, repository: 'app' })
  expect([copied.blobs, copied.there > 0]).toEqual([5 - done, true])
  expect(sent.filter((line) => line.startsWith('PUT /v2/app/blobs')).length - before).toBe(5 - done)
  expect(await missingOf(there, 'app', wholeOf(image))).toEqual([])
})

test('nothing is named when a part is missing, and the error is that of the part', async () => {
  const holey = passThrough(here, {
    getBlob: async (repo, digest, options) =>
      here.getBlob(repo, digest === image.blobs[0]!.digest ? `sha256:${'0'.repeat(64)}` : digest, options),
  })
  const failing = copy({ ...from(), registry: holey }, to())
  await expect(failing).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
  await expect(there.resolveManifest('mirror/app', 'v1')).rejects.toMatchObject({ status: 404 })
})

test('what fails and may pass is begun again; a refusal is not', async () => {
  let failures = 2
  let asked = 0
  const flaky = passThrough(there, {
    async pushBlob(repo, blob, body, options) {
      if (failures-- > 0) {
        if (body instanceof ReadableStream) await body.cancel()
        throw new TypeError('connection lost')
      }
      return there.pushBlob(repo, blob, body, options)
    },
  })
  expect(await copy(from(), { registry: flaky, repository: 'app' })).toMatchObject({ blobs: 5 })
  const { getManifest, resolveManifest, resolveBlob } = there
  const refusing = defineRegistry({
    getManifest,
    resolveManifest,
    resolveBlob: async (...args) => {
      asked++
      return resolveBlob(...args)
    },
  })
  const refused = copy(from(), { registry: refusing, repository: 'none' }, { concurrency: 1 })
  await expect(refused).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  expect(asked).toBeLessThan(5)
})

test('by digest: without a tag, and only if it is that', async () => {
  expect(await copy(from(image.index.digest), to())).toMatchObject({ tags: [], manifests: 3 })
  await expect(listed(there.tags('mirror/app'))).resolves.toEqual([])
  await expect(copy(from(), to(image.images[0].digest))).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
})

test('progress tells of each blob and manifest once, and of its bytes', async () => {
  const progress: Progress[] = []
  await copy(from(), to(), { onProgress: (each) => progress.push(each) })
  const ended = progress.filter(({ state }) => state === 'copied')
  expect(ended.map(({ digest }) => digest).sort()).toEqual(
    [...image.blobs.slice(0, -1), ...image.images, image.index].map(({ digest }) => digest).sort(),
  )
  expect(ended.every(({ moved, size }) => moved === size)).toBe(true)
  expect(ended.at(-1)?.digest).toBe(image.index.digest)
})

test('who is told and throws ends the copy, and nothing stays open', async () => {
  const open = new Set<string>()
  const watched = passThrough(here, {
    async getBlob(repo, digest, options) {
      const content = await here.getBlob(repo, digest, options)
      const reader = content.stream().getReader()
      open.add(digest)
      const stream = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const { value, done } = await reader.read()
          if (!done) return controller.enqueue(value)
          open.delete(digest)
          controller.close()
        },
        async cancel() {
          await reader.cancel()
          open.delete(digest)
        },
      })
      return contentOf(content.descriptor, () => stream)
    },
  })
  for (const state of ['begun', 'moved', 'copied'] as const) {
    const onProgress = (progress: Progress): void => {
      if (progress.kind === 'blob' && progress.state === state) throw new Error('enough')
    }
    const place = { registry: createStore({ storage: memory() }), repository: 'app' }
    const copying = copy({ ...from(), registry: watched }, place, { onProgress, tries: 1 })
    await expect(copying).rejects.toThrow('enough')
    await expect.poll(() => [...open]).toEqual([])
  }
})

test('layers that are elsewhere, and indexes without end', async () => {
  const layer = {
    ...descriptorOf(image.blobs[0]!),
    digest: `sha256:${'1'.repeat(64)}`,
    urls: ['https://else.test'],
  }
  const foreign = await manifestOf(
    { mediaType: image.images[0].mediaType, config: descriptorOf(image.blobs[1]!), layers: [layer] },
    image.images[0].mediaType,
  )
  await here.pushManifest('app', foreign.bytes, foreign.mediaType, { tags: ['foreign'] })
  expect(await copy(from('foreign'), to())).toMatchObject({ blobs: 1 })
  let deep = image.index
  for (let i = 0; i < 20; i++) {
    deep = await indexOf([deep])
    await here.pushManifest('app', deep.bytes, deep.mediaType, { tags: ['deep'] })
  }
  await expect(copy(from('deep'), to())).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
})

test('options that make no sense are refused', async () => {
  await expect(copy(from(), to(), { concurrency: 0 })).rejects.toThrow('concurrency must be')
  await expect(copy(from(), to(), { tries: 1.5 })).rejects.toThrow('tries must be')
})
