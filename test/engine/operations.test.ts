import { describe, expect, test } from 'vitest'
import { REAL } from './shapes.ts'
import { bytes, collect, digestOf, INDEX, indexOf, push, type Stage, stage } from './stage.ts'

const MIB = 1024 * 1024
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** Calls that the storage got meanwhile. */
async function during(on: Stage, work: () => Promise<unknown>): Promise<string[]> {
  on.clear()
  await work()
  return on.calls.map(({ method }) => method)
}

/** So many MiB, of a length that nobody says. */
function streamOf(mib: number): ReadableStream<Uint8Array> {
  let left = mib
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- === 0) controller.close()
      else controller.enqueue(new Uint8Array(MIB))
    },
  })
}

async function ready(shape: keyof typeof REAL): Promise<Stage> {
  const on = stage({ shape: REAL[shape] })
  // The keys that seal upload ids are read once.
  await on.store.startUpload('a')
  return on
}

describe.each(['s3', 'r2'] as const)('storage operations like %s', (shape) => {
  test('of a session that only begins: none', async () => {
    const on = await ready(shape)
    expect(await during(on, () => on.store.startUpload('a'))).toEqual([])
  })

  test('of a blob that comes in one request: 4', async () => {
    const on = await ready(shape)
    expect(await during(on, () => push(on.store, 'a', 'x'.repeat(100_000)))).toEqual([
      'records.create',
      'contents.write',
      'records.list',
      'records.put',
    ])
    const { id } = await on.store.startUpload('a')
    const whole = new Uint8Array(6 * MIB)
    const put = () =>
      on.store.finishUpload('a', id, digestOf(whole), { body: streamOf(6), size: whole.length })
    expect((await during(on, put)).length).toBe(4)
  })

  test('of one in one request that does not say its length: 4', async () => {
    const on = await ready(shape)
    const digest = digestOf(new Uint8Array(3 * MIB))
    expect((await during(on, () => on.store.pushBlob('a', { digest }, streamOf(3)))).length).toBe(4)
  })

  test.each([
    // MiB, pieces and tails, operations of the finish.
    [1, 1, 6],
    [8, 1, 5],
    [16, 2, 5],
    [20, 3, 7],
  ])('of one that is streamed (%i MiB) and then finished', async (mib, parts, last) => {
    const on = await ready(shape)
    const { id } = await on.store.startUpload('a')
    let next = ''
    const written = await during(on, async () => {
      next = (await on.store.writeUpload('a', id, streamOf(mib))).id
    })
    // Begin, open if there is a piece, and end.
    expect(written.length).toBe((mib > 1 ? 3 : 2) + parts)
    const digest = digestOf(new Uint8Array(mib * MIB))
    const finished = await during(on, () => on.store.finishUpload('a', next, digest))
    expect(finished.length).toBe(last)
    expect(finished.filter((method) => method === 'contents.read').length).toBe(last > 5 ? 1 : 0)
  })

  test('of reading: 2 for a blob and its description, 2 for a tag, 1 for a digest', async () => {
    const on = await ready(shape)
    const digest = await push(on.store, 'a', 'content')
    const get = async () => (await on.store.getBlob('a', digest)).bytes()
    expect(await during(on, get)).toEqual(['records.get', 'contents.read'])
    expect(await during(on, () => on.store.resolveBlob('a', digest))).toEqual([
      'records.get',
      'contents.size',
    ])
    const manifest = indexOf([digest])
    await on.store.pushManifest('a', manifest, INDEX, { tags: ['v1'] })
    expect((await during(on, () => on.store.getManifest('a', 'v1'))).length).toBe(2)
    expect((await during(on, () => on.store.resolveManifest('a', 'v1'))).length).toBe(2)
    expect((await during(on, () => on.store.getManifest('a', digestOf(manifest)))).length).toBe(1)
  })

  test('of a manifest with a configuration and two layers, pushed under a tag: at most 8', async () => {
    const on = await ready(shape)
    const [config, ...layers] = await Promise.all(['{}', 'one', 'two'].map((one) => push(on.store, 'a', one)))
    const descriptor = (digest: string | undefined) => ({ mediaType: 'application/x', digest, size: 3 })
    const manifest = bytes(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { ...descriptor(config), size: 2 },
        layers: layers.map(descriptor),
      }),
    )
    const put = () => on.store.pushManifest('a', manifest, MANIFEST, { tags: ['v1'] })
    expect((await during(on, put)).length).toBeLessThanOrEqual(8)
  })

  test('of a list of 1,000 tags: one listing', async () => {
    const on = await ready(shape)
    const tags = Array.from({ length: 1000 }, (_, i) => `v${i}`)
    await on.store.pushManifest('a', indexOf(), INDEX, { tags })
    const list = async () => expect((await collect(on.store.tags('a'))).length).toBe(1000)
    expect(await during(on, list)).toEqual(['records.list'])
  })
})
