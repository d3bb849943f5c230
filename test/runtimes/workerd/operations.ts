/**
 * What a registry costs: how many operations of R2 each request takes.
 * @module
 */

import { type R2Bucket, r2 } from '../../../adapters/storage/r2/index.ts'
import { digestOf } from '../../../src/hash/index.ts'
import { createStore, type Registry } from '../../../src/index.ts'
import type { Digest } from '../../../src/oci/index.ts'
import { countedBucket } from './counted.ts'
import { expect } from './expect.ts'

const MIB = 1024 * 1024
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** Registers the tests. */
export function operationTests(
  inner: R2Bucket,
  register: (name: string, run: () => Promise<void>) => void,
): void {
  const test = (name: string, run: (on: Subject) => Promise<void>) =>
    register(name, async () => run(await subjectOf(inner)))

  test('a session that only begins: none', async ({ store, during }) => {
    expect(await during(() => store.startUpload('a'))).toEqual([])
  })

  test('a blob in one request, whether its length is known or not: 4', async ({ store, during }) => {
    const four = ['put', 'put', 'list', 'put']
    expect(await during(() => push(store, bytesOf('x'.repeat(100_000))))).toEqual(four)
    const { id } = await store.startUpload('a')
    const body = random(5 * MIB)
    const digest = await digestOf('sha256', body)
    const finish = () => store.finishUpload('a', id, digest, { body, size: body.length })
    expect(await during(finish)).toEqual(four)
    const more = random(MIB)
    const name = await digestOf('sha256', more)
    const unknown = () => store.pushBlob('a', { digest: name }, new Blob([more]).stream())
    expect(await during(unknown)).toEqual(four)
  })

  test('a blob that docker streams is proved without reading it back', async ({ store, during }) => {
    const body = random(9 * MIB)
    const digest = await digestOf('sha256', body)
    const done = await during(async () => {
      const { id } = await store.startUpload('a')
      const patched = await store.writeUpload('a', id, new Blob([body]).stream())
      await store.finishUpload('a', patched.id, digest)
    })
    // Two records that say how far it has come, and the tail, are read; the content is not.
    expect(done.filter((name) => name === 'uploadPart').length).toBe(2)
    expect(done.filter((name) => name === 'get').length).toBe(2)
    const content = await store.getBlob('a', digest)
    expect(await digestOf('sha256', await content.bytes(10 * MIB))).toBe(digest)
  })

  test('a blob in chunks that say where they go is proved by what was saved, in any isolate', async (on) => {
    const chunks = [random(300_000), random(200_000), random(100)]
    const digest = await digestOf('sha256', new Uint8Array(await new Blob(chunks).arrayBuffer()))
    let { id } = await on.store.startUpload('a')
    let offset = 0
    for (const chunk of chunks) {
      const upload = await on.fresh().writeUpload('a', id, chunk, { offset })
      id = upload.id
      offset = upload.offset
    }
    const store = on.fresh()
    await store.startUpload('a')
    const done = await on.during(() => store.finishUpload('a', id, digest))
    // The state and the tail, which becomes the blob.
    expect(done.filter((name) => name === 'get').length).toBe(2)
  })

  test('reading a blob: 2; its description: 2', async ({ store, during }) => {
    const digest = await push(store, bytesOf('content'))
    expect(await during(async () => (await store.getBlob('a', digest)).bytes())).toEqual(['get', 'get'])
    expect(await during(() => store.resolveBlob('a', digest))).toEqual(['get', 'head'])
  })

  test('an image of two layers, pushed under a tag: 8; read by it: 2', async ({ store, during }) => {
    const [config, ...layers] = await Promise.all(
      ['{}', 'one', 'two'].map((text) => push(store, bytesOf(text))),
    )
    const descriptor = (digest: Digest | undefined) => ({ mediaType: 'application/x', digest, size: 3 })
    const image = { config: { ...descriptor(config), size: 2 }, layers: layers.map(descriptor) }
    const bytes = bytesOf(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, ...image }))
    const pushed = await during(() => store.pushManifest('a', bytes, MANIFEST, { tags: ['v1'] }))
    expect(pushed.length <= 8).toBe(true)
    expect(await during(() => store.getManifest('a', 'v1'))).toEqual(['get', 'get'])
    const digest = await digestOf('sha256', bytes)
    expect(await during(() => store.getManifest('a', digest))).toEqual(['get'])
  })

  test('a list of 1,000 tags: one listing', async ({ store, during }) => {
    const tags = Array.from({ length: 1000 }, (_, i) => `v${i}`)
    const index = bytesOf(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }))
    await store.pushManifest('tags', index, INDEX, { tags })
    const done = await during(async () => {
      let count = 0
      for await (const _ of store.tags('tags')) count++
      expect(count).toBe(1000)
    })
    expect(done).toEqual(['list'])
  })
}

const INDEX = 'application/vnd.oci.image.index.v1+json'

interface Subject {
  readonly store: Registry
  /** Another registry over the same bucket, which remembers nothing. */
  fresh(): Registry
  /** The operations that some work takes. */
  during(work: () => Promise<unknown>): Promise<string[]>
}

async function subjectOf(inner: R2Bucket): Promise<Subject> {
  const { bucket, operations } = countedBucket(inner)
  const storage = r2(bucket, { prefix: `${crypto.randomUUID()}/` })
  const fresh = () => createStore({ storage })
  const store = fresh()
  // The keys that seal upload ids are read once.
  await store.startUpload('a')
  return {
    store,
    fresh,
    async during(work) {
      operations.length = 0
      await work()
      return [...operations]
    },
  }
}

async function push(store: Registry, body: Uint8Array): Promise<Digest> {
  const digest = await digestOf('sha256', body)
  await store.pushBlob('a', { digest, size: body.length }, body)
  return digest
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function random(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  // At most so much at once.
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}
