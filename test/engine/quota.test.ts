import { describe, expect, test } from 'vitest'
import { createStore, defineRegistry, memory, ocikit, open } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { quotaStage, TEAM, used } from './quotas.ts'
import { bytes, digestOf, HOUR, INDEX, indexOf, keysOf, push } from './stage.ts'

function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  const left = [...chunks]
  return new ReadableStream({
    pull(controller) {
      const chunk = left.shift()
      if (chunk === undefined) controller.close()
      else controller.enqueue(bytes(chunk))
    },
  })
}

const full = (quota: string, unit: string) => ({ code: 'DENIED', status: 403, detail: { quota, unit } })

describe('a quota', () => {
  test('counts blobs of each repository below its prefix once, and manifests', async () => {
    const { store } = quotaStage(TEAM, { prefix: '*', bytes: 1000 })
    const digest = await push(store, 'team/a', '0123456789')
    await push(store, 'team/a', '0123456789')
    await push(store, 'team', 'x')
    await push(store, 'teammate', 'not of the team')
    expect(await used(store)).toEqual([
      [11, 0],
      [26, 0],
    ])
    await store.mountBlob('team/b', digest, { from: 'team/a' })
    await store.mountBlob('team/b', digest, { from: 'team/a' })
    await store.pushManifest('team/a', indexOf([digest]), INDEX, { tags: ['v1', 'v2'] })
    await store.pushManifest('team/a', indexOf([digest]), INDEX)
    expect(await used(store)).toEqual([
      [21, 1],
      [36, 1],
    ])
    await store.deleteManifest('team/a', digestOf(indexOf([digest])))
    await store.deleteBlob('team/a', digest)
    expect(await used(store)).toEqual([
      [11, 0],
      [26, 0],
    ])
  })

  test('says which limit is reached and how full, and what is there stays usable', async () => {
    const { store } = quotaStage(TEAM)
    const digest = await push(store, 'team/a', 'x'.repeat(90))
    const refused = push(store, 'team/b', 'y'.repeat(11))
    await expect(refused).rejects.toMatchObject(full('team', 'bytes'))
    await expect(refused).rejects.toThrow('the quota of team is full: 90 bytes of 100 bytes are used')
    await push(store, 'team/a', 'x'.repeat(90))
    await push(store, 'other', 'y'.repeat(500))
    await push(store, 'team/b', 'y'.repeat(10))
    await expect(store.startUpload('team/c')).rejects.toMatchObject(full('team', 'bytes'))
    for (const annotation of ['1', '2', '3'])
      await store.pushManifest('team/a', indexOf([digest], { annotations: { annotation } }), INDEX)
    const fourth = store.pushManifest('team/a', indexOf([digest]), INDEX)
    await expect(fourth).rejects.toMatchObject({
      ...full('team', 'manifests'),
      message: /there are 3 of 3 manifests/,
    })
    await store.pushManifest('team/a', indexOf([digest], { annotations: { annotation: '1' } }), INDEX, {
      tags: ['v1'],
    })
  })

  test('refuses a mount that does not fit, but not of a blob that is there', async () => {
    const { store } = quotaStage(TEAM)
    const digest = await push(store, 'team/a', 'x'.repeat(60))
    await expect(store.mountBlob('team/b', digest, { from: 'team/a' })).rejects.toMatchObject(
      full('team', 'bytes'),
    )
    expect(await store.mountBlob('team/a', digest, { from: 'team/a' })).toMatchObject({ size: 60 })
    expect(await store.mountBlob('other', digest, { from: 'team/a' })).toMatchObject({ size: 60 })
  })

  test('refuses bytes of a known number before it reads them', async () => {
    const { store } = quotaStage(TEAM)
    let reads = 0
    const body = () => new ReadableStream<Uint8Array>({ pull: () => void reads++ }, { highWaterMark: 0 })
    const { id } = await store.startUpload('team')
    await expect(store.writeUpload('team', id, body(), { size: 101 })).rejects.toMatchObject(
      full('team', 'bytes'),
    )
    const { id: next } = await store.writeUpload('team', id, bytes('x'.repeat(60)), { size: 60 })
    const last = store.finishUpload('team', next, digestOf('?'), { body: body(), size: 41 })
    await expect(last).rejects.toMatchObject(full('team', 'bytes'))
    expect(reads).toBe(0)
    const rest = { body: bytes('x'.repeat(40)), size: 40 }
    const digest = digestOf('x'.repeat(100))
    expect(
      await store.finishUpload('team', (await store.uploadStatus('team', next)).id, digest, rest),
    ).toMatchObject({
      size: 100,
    })
    expect(await used(store)).toEqual([[100, 0]])
  })

  test('stops bytes of an unknown number where it is full', async () => {
    const { store } = quotaStage(TEAM)
    const { id } = await store.startUpload('team')
    const chunks = ['x'.repeat(60), 'y'.repeat(60), 'z'.repeat(60)]
    await expect(store.writeUpload('team', id, streamOf(...chunks))).rejects.toMatchObject(
      full('team', 'bytes'),
    )
    const digest = digestOf(chunks.join(''))
    await expect(store.pushBlob('team', { digest }, streamOf(...chunks))).rejects.toMatchObject(
      full('team', 'bytes'),
    )
    expect(await used(store)).toEqual([[0, 0]])
  })

  test('is judged again when the blob is linked: what others have pushed meanwhile counts', async () => {
    const { store, open, pass } = quotaStage(TEAM)
    const other = open()
    const content = 'x'.repeat(60)
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await push(other, 'team/b', 'y'.repeat(60))
        pass(3000)
        controller.enqueue(bytes(content))
        controller.close()
      },
    })
    const digest = digestOf(content)
    await expect(store.pushBlob('team/a', { digest, size: 60 }, body)).rejects.toMatchObject(
      full('team', 'bytes'),
    )
    expect(await used(store)).toEqual([[60, 0]])
  })

  test('counts each of many that push the same at once, once', async () => {
    const { store } = quotaStage(TEAM)
    const manifest = indexOf()
    await Promise.all(Array.from({ length: 8 }, () => push(store, 'team', '0123456789')))
    await Promise.all(Array.from({ length: 8 }, () => store.pushManifest('team', manifest, INDEX)))
    expect(await used(store)).toEqual([[10, 1]])
  })

  test.each([
    [[{ prefix: 'Team', bytes: 1 }], /not for "Team"/],
    [[TEAM, TEAM], /two quotas for "team"/],
    [[{ prefix: 'team' }], /limits neither/],
    [[{ prefix: '*', bytes: 0 }], /above 0/],
    [[{ prefix: '*', manifests: 1.5 }], /whole numbers/],
  ])('%j is refused', (quotas, why) => {
    expect(() => quotaStage(...quotas)).toThrow(why)
  })

  test('needs a storage that shows at once what was written', () => {
    const inner = memory()
    const storage: Storage = { ...inner, traits: { ...inner.traits, consistency: 'eventual' } }
    expect(() => createStore({ storage, quotas: [TEAM] })).toThrow(/cannot keep quotas/)
    expect(() => createStore({ storage, quotas: [] })).not.toThrow()
  })
})

test('a handler tells the usage of its storage, and of a registry that cannot, nothing', async () => {
  const kit = ocikit({ storage: () => memory(), auth: open(), quotas: [TEAM] })
  const url = `http://r.test/v2/team/a/blobs/uploads/?digest=${digestOf('x')}`
  const env = {}
  expect((await kit.fetch(new Request(url, { method: 'POST', body: 'x' }), env)).status).toBe(201)
  expect((await kit.usage(env)).quotas).toMatchObject([{ prefix: 'team', bytes: 1, manifests: 0 }])
  expect(await ocikit({ registry: defineRegistry({}), auth: open() }).usage()).toEqual({ quotas: [] })
})

describe('the collector and quotas', () => {
  const parts = async (storage: Storage) => (await keysOf(storage, 'usage/')).length

  test('adds up changes, and takes off what it frees', async () => {
    const on = quotaStage(TEAM)
    for (let i = 0; i < 5; i++) await push(on.store, 'team/a', `blob ${i}`)
    expect(await parts(on.storage)).toBe(5)
    await on.store.collect()
    expect(await keysOf(on.storage, 'usage/')).toEqual(['usage/team!/base'])
    expect(await used(on.store)).toEqual([[30, 0]])
    for (let hour = 0; hour < 80; hour++) {
      on.pass(HOUR)
      await on.store.sweep()
      await on.store.collect()
    }
    expect(await used(on.store)).toEqual([[0, 0]])
    expect(await on.store.usage({ repositories: true })).toMatchObject({ repositories: [] })
  })

  test('counts what was there before the quota in its first run, and says until then that it has not', async () => {
    const on = quotaStage(TEAM)
    const before = on.open([])
    const digest = await push(before, 'team/a', '0123456789')
    await before.pushManifest('team/a', indexOf([digest]), INDEX)
    expect((await on.store.usage()).quotas).toMatchObject([{ prefix: 'team', bytes: 0, complete: false }])
    await push(on.store, 'team/b', 'more')
    await on.store.collect({ limit: 2 })
    expect((await on.store.usage()).quotas).toMatchObject([{ complete: false }])
    await on.store.collect()
    const { quotas, repositories } = await on.store.usage({ repositories: true })
    const { prefix, ...limits } = TEAM
    expect(quotas).toEqual([{ prefix, bytes: 14, manifests: 1, limits, complete: true }])
    expect(repositories).toEqual([
      { name: 'team/a', bytes: 10, manifests: 1 },
      { name: 'team/b', bytes: 4, manifests: 0 },
    ])
  })

  test('corrects whatever was counted wrong, a part in each run', async () => {
    const on = quotaStage(TEAM)
    const digest = await push(on.store, 'team/a', '0123456789')
    await on.store.pushManifest('team/a', indexOf([digest]), INDEX)
    await on.store.collect()
    for (const change of ['77.5', `${digest.slice(7, 9)}.-5`, 'm.4', 'ff.1000'])
      await on.storage.records.create(`usage/team!/+1-wrong.${change}`, new Uint8Array(1))
    for (let run = 0; run < 257; run++) await on.store.collect()
    expect(await used(on.open())).toEqual([[10, 1]])
  })

  test('a fold that is cut off between its two writes counts nothing twice', async () => {
    const on = quotaStage(TEAM)
    await push(on.store, 'team/a', '0123456789')
    await on.store.collect()
    await push(on.store, 'team/a', '01234')
    const { records } = on.storage
    const stuck = { ...on.storage, records: { ...records, drop: () => Promise.reject(new Error('cut off')) } }
    for (let run = 0; run < 3; run++) {
      await expect(on.open(undefined, stuck).collect()).rejects.toThrow('cut off')
      expect(await used(on.open())).toEqual([[15, 0]])
    }
    await on.store.collect()
    expect(await used(on.open())).toEqual([[15, 0]])
    expect(await parts(on.storage)).toBe(1)
  })

  test('forgets a quota that is no more, which would be wrong if it came back', async () => {
    const on = quotaStage(TEAM)
    await push(on.store, 'team/a', '0123456789')
    await on.store.collect()
    const without = on.open([])
    await without.collect()
    expect(await parts(on.storage)).toBe(0)
    await push(without, 'team/a', 'more')
    const back = on.open()
    await back.collect()
    expect(await used(back)).toEqual([[14, 0]])
  })

  test('two at once, and pushes meanwhile: when all is quiet, the sum is the truth', async () => {
    const on = quotaStage({ prefix: 'team', bytes: 1_000_000 })
    const stores = [on.store, on.open(), on.open()]
    const pushed: Digest[] = []
    for (let round = 0; round < 10; round++) {
      const contents = Array.from({ length: 6 }, (_, i) => `content ${round} ${i}`)
      const pushing = contents.map((content, i) => push(stores[i % 3]!, 'team/a', content))
      await Promise.all([...pushing, ...stores.map((store) => store.collect())])
      pushed.push(...(await Promise.all(pushing)))
      for (const digest of pushed.splice(0, 2)) await on.store.deleteBlob('team/a', digest)
      on.pass(HOUR / 4)
    }
    for (let run = 0; run < 257; run++) await on.store.collect()
    const { quotas, repositories } = await on.store.usage({ repositories: true })
    expect(quotas[0]!.bytes).toBe(repositories![0]!.bytes)
    expect(quotas[0]!.bytes).toBe(40 * 'content 0 0'.length)
  })
})
