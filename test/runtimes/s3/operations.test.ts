import { beforeAll, expect, test } from 'vitest'
import { createStore, type Store } from '../../../src/index.ts'
import { bytes, collect, digestOf, INDEX, indexOf, push } from '../../engine/stage.ts'
import { describeBucket } from '../../storage/s3/bucket.ts'
import { type Counted, countedBucket } from './counted.ts'

const MIB = 1024 * 1024
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

describeBucket('operations on a bucket', () => {
  let on: Counted
  let store: Store
  beforeAll(async () => {
    on = await countedBucket()
    store = createStore({ storage: on.storage })
    // The keys that seal upload ids are read once.
    await store.startUpload('a')
  })

  /** Calls of the driver, and requests to the store. */
  async function during(work: () => Promise<unknown>) {
    on.clear()
    await work()
    return { calls: on.calls.map(({ method }) => method), requests: on.requests.length }
  }

  test('a session that only begins: none', async () => {
    expect(await during(() => store.startUpload('a'))).toEqual({ calls: [], requests: 0 })
  })

  test('a blob in one request, of known length or not: 4', async () => {
    const calls = ['records.create', 'contents.write', 'records.list', 'records.put']
    const put = () => push(store, 'a', 'x'.repeat(100_000))
    expect(await during(put)).toEqual({ calls, requests: 4 })

    const { id } = await store.startUpload('a')
    const body = new Uint8Array(5 * MIB)
    const finish = () => store.finishUpload('a', id, digestOf(body), { body, size: body.length })
    expect(await during(finish)).toEqual({ calls, requests: 4 })

    const stream = new Blob([new Uint8Array(MIB)]).stream() as ReadableStream<Uint8Array>
    const digest = digestOf(new Uint8Array(MIB))
    expect(await during(() => store.pushBlob('a', { digest }, stream))).toEqual({ calls, requests: 4 })
  })

  test('reading a blob: 2; its description: 2', async () => {
    const digest = await push(store, 'a', 'content')
    const get = async () => (await store.getBlob('a', digest)).bytes()
    expect(await during(get)).toEqual({ calls: ['records.get', 'contents.read'], requests: 2 })
    const head = () => store.resolveBlob('a', digest)
    expect(await during(head)).toEqual({ calls: ['records.get', 'contents.size'], requests: 2 })
  })

  test('a manifest with a configuration and two layers, pushed under a tag: 8; read by it: 2', async () => {
    const [config, ...layers] = await Promise.all(['{}', 'one', 'two'].map((text) => push(store, 'a', text)))
    const descriptor = (digest: string | undefined) => ({ mediaType: 'application/x', digest, size: 3 })
    const image = { config: { ...descriptor(config), size: 2 }, layers: layers.map(descriptor) }
    const manifest = bytes(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, ...image }))
    const put = await during(() => store.pushManifest('a', manifest, MANIFEST, { tags: ['v1'] }))
    expect(put.calls.length).toBeLessThanOrEqual(8)
    expect(put.requests).toBeLessThanOrEqual(8)
    const get = await during(() => store.getManifest('a', 'v1'))
    expect(get).toEqual({ calls: ['records.get', 'records.get'], requests: 2 })
    expect((await during(() => store.getManifest('a', digestOf(manifest)))).requests).toBe(1)
  })

  test('a list of 1,000 tags: one listing', { timeout: 120_000 }, async () => {
    const tags = Array.from({ length: 1000 }, (_, i) => `v${i}`)
    const parts = Array.from({ length: 10 }, (_, i) => tags.slice(i * 100, i * 100 + 100))
    await Promise.all(parts.map((some) => store.pushManifest('tags', indexOf(), INDEX, { tags: some })))
    const list = async () => expect((await collect(store.tags('tags'))).length).toBe(1000)
    expect(await during(list)).toEqual({ calls: ['records.list'], requests: 1 })
  })
})
