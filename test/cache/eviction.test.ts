import { describe, expect, test } from 'vitest'
import { createStore, passThrough, RegistryError, type Store } from '../../src/index.ts'
import type { Registry } from '../../src/registry.ts'
import { blobOf, isKept, pushImage, read, stage } from './stage.ts'

const HOUR = 3_600_000
const KIB = 1024

/** A cache of 100 KiB, and blobs of 40 KiB upstream. */
async function small(wrap?: (store: Store) => Registry) {
  const self = stage({ maxBytes: 100 * KIB, ...(wrap && { wrap }) })
  const push = async (repo = 'app') => {
    const blob = await blobOf(40 * KIB)
    await self.there.registry.pushBlob(repo, blob, blob.bytes)
    return blob.digest
  }
  const [a, b, c] = [await push(), await push(), await push()]
  const pull = async (digest: typeof a, cache = self.cache) => {
    await read(cache, 'app', digest)
    await cache.idle()
    self.pass(1000)
  }
  const kept = () => Promise.all([a, b, c].map((digest) => isKept(self.store, 'app', digest)))
  return { ...self, push, pull, kept, a, b, c }
}

test('when there is too much, what was not used for longest goes', async () => {
  const { pull, kept, a, b, c } = await small()
  await pull(a)
  await pull(b)
  expect(await kept()).toEqual([true, true, false])
  await pull(a)
  await pull(c)
  expect(await kept()).toEqual([true, false, true])
  await pull(b)
  expect(await kept()).toEqual([false, true, true])
})

test('another process knows what is kept and what was used, to the hour', async () => {
  const { pull, kept, pass, cache, again, a, b, c } = await small()
  await pull(a)
  await pull(b)
  pass(2 * HOUR)
  await pull(a)
  await cache.idle()
  const next = again()
  await pull(c, next)
  expect(await kept()).toEqual([true, false, true])
})

test('a pull writes nothing but once in an hour', async () => {
  const { pull, storage, a } = await small()
  await pull(a)
  const written = async () => {
    for await (const { rec } of storage.records.list('cache/', { values: true })) return rec?.version
    return undefined
  }
  const before = await written()
  expect(before).toBeDefined()
  for (let i = 0; i < 5; i++) await pull(a)
  expect(await written()).toBe(before)
})

test('what was pushed by others stays, however little room there is', async () => {
  const { store, pull, kept, a, b, c } = await small()
  const own = await pushImage(store, 'own/app', '1', 200 * KIB)
  for (const each of [a, b, c]) await pull(each)
  expect(await kept()).toEqual([false, true, true])
  expect(await isKept(store, 'own/app', own.layer.digest)).toBe(true)
  expect((await store.getManifest('own/app', '1')).descriptor.digest).toBe(own.manifest.digest)
})

test('what goes from one repository stays in the others, and its bytes count once', async () => {
  const { there, cache, store, pull, a, b, c } = await small()
  await there.registry.mountBlob('twin', a, { from: 'app' })
  await pull(a)
  await read(cache, 'twin', a)
  await cache.idle()
  await pull(b)
  expect(await isKept(store, 'app', a)).toBe(true)
  await pull(c)
  expect([await isKept(store, 'app', a), await isKept(store, 'twin', a)]).toEqual([false, false])
  expect(await read(cache, 'twin', a)).toBe(a)
})

test('what goes while somebody reads it is read to its end', async () => {
  const { cache, store, pull, a, b, c } = await small()
  await pull(a)
  const reading = await cache.getBlob('app', a)
  await pull(b)
  await pull(c)
  await pull(b)
  expect(await isKept(store, 'app', a)).toBe(false)
  expect((await reading.bytes()).length).toBe(40 * KIB)
})

describe('a blob that is longer than all that may be kept', () => {
  const large = async () => {
    const self = await small()
    const { layer } = await pushImage(self.there.registry, 'app', 'big', 150 * KIB)
    return { ...self, layer }
  }

  test('is passed on, by one request', async () => {
    const { there, cache, store, layer } = await large()
    for (let i = 0; i < 2; i++) {
      there.asked.length = 0
      expect(await read(cache, 'app', layer.digest)).toBe(layer.digest)
      await cache.idle()
      expect(there.asked).toEqual([`GET /v2/app/blobs/${layer.digest}`])
    }
    expect(await isKept(store, 'app', layer.digest)).toBe(false)
  })

  test('is passed on to each of those who ask at once', async () => {
    const { there, cache, layer } = await large()
    const pulls = Array.from({ length: 5 }, () => read(cache, 'app', layer.digest))
    expect(new Set(await Promise.all(pulls))).toEqual(new Set([layer.digest]))
    await cache.idle()
    expect(there.asked).toHaveLength(5)
  })

  test('is let go of when all have left, and when its reader does', async () => {
    const { there, cache, layer } = await large()
    let cancelled = 0
    let sent: AbortSignal | undefined
    there.hook = async (request, next) => {
      sent = request.signal
      const body = new ReadableStream({ cancel: () => void cancelled++ })
      return new Response(body, await next())
    }
    const all = new AbortController()
    const waiting = cache.getBlob('app', layer.digest, all)
    all.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    await cache.idle()
    expect(cancelled).toBe(1)
    const reader = new AbortController()
    const content = await cache.getBlob('app', layer.digest, reader)
    await cache.idle()
    expect([cancelled, sent?.aborted]).toEqual([1, false])
    reader.abort(new Error('gone'))
    expect(sent?.aborted).toBe(true)
    await content[Symbol.asyncDispose]()
  })

  test('is not fetched whole for those who ask for parts of it', async () => {
    const { there, cache, layer } = await large()
    const part = { first: 0, last: 150 * KIB - 2 }
    for (let i = 0; i < 3; i++) {
      const content = await cache.getBlob('app', layer.digest, { range: part })
      expect((await content.bytes()).length).toBe(150 * KIB - 1)
    }
    await cache.idle()
    expect(there.asked).toHaveLength(3)
  })
})

test('manifests go, too, and the collector frees what has gone', async () => {
  const { there, cache, storage, pull, pass, store, a, b, c } = await small()
  await pushImage(there.registry, 'app', '1')
  await cache.getManifest('app', '1')
  for (const each of [a, b, c, a]) await pull(each)
  await expect(store.getManifest('app', '1')).rejects.toMatchObject({ status: 404 })
  const collector = createStore({ storage, now: () => later })
  let later = 0
  for (let day = 1; day <= 4; day++) {
    pass(24 * HOUR)
    later = Date.UTC(2026, 0, 15 + day, 1)
    await collector.sweep()
    await collector.collect()
  }
  let contents = 0
  for await (const _ of storage.contents.list!('content/')) contents++
  expect(contents).toBeLessThan(3)
})

test('what the store does not let go of is told once, and what was used later goes in its place', async () => {
  const refusal = new RegistryError('DENIED', 'this stays')
  const refused: string[] = []
  const keeping = (store: Store) =>
    passThrough(store, {
      deleteBlob: async (repo, digest) => {
        if (refused.length > 0 && !refused.includes(digest)) return store.deleteBlob(repo, digest)
        refused.push(digest)
        throw refusal
      },
    })
  const { pull, push, kept, errors, a, b, c } = await small(keeping)
  for (const each of [a, b, c, await push()]) await pull(each)
  expect(await kept()).toEqual([true, false, true])
  expect(errors).toEqual([refusal])
})

test('a store that cannot remove keeps nobody from keeping, and room is made later', async () => {
  const broken = new Error('the disk does not answer')
  let fail: (() => void) | undefined
  const failing = (store: Store) =>
    passThrough(store, {
      deleteBlob: (repo, digest) =>
        fail
          ? store.deleteBlob(repo, digest)
          : new Promise((_, reject) => {
              fail = () => reject(broken)
            }),
    })
  const { there, cache, pull, push, kept, store, errors, a, b, c } = await small(failing)
  const d = await push()
  await pull(a)
  await pull(b)
  await read(cache, 'app', c)
  await expect.poll(() => fail, { timeout: 10_000 }).toBeDefined()
  const waiting = read(cache, 'app', d)
  await expect.poll(() => there.asked, { timeout: 10_000 }).toContain(`GET /v2/app/blobs/${d}`)
  fail?.()
  expect(await waiting).toBe(d)
  await cache.idle()
  expect(await kept()).toEqual([false, false, true])
  expect(await isKept(store, 'app', d)).toBe(true)
  expect(errors).toEqual([broken])
})

test('what is kept already and cannot be written again is still known to be ours', async () => {
  let isFull = false
  const filling = (store: Store) =>
    passThrough(store, {
      pushManifest: (...args) =>
        isFull ? Promise.reject(new RegistryError('STORAGE_FULL', 'full')) : store.pushManifest(...args),
    })
  const { there, cache, storage, errors } = await small(filling)
  const { manifest } = await pushImage(there.registry, 'app', '1')
  await cache.getManifest('app', '1')
  await there.registry.pushManifest('app', manifest.bytes, manifest.mediaType, { tags: ['2'] })
  isFull = true
  await cache.getManifest('app', '2')
  await cache.idle()
  expect(errors).toHaveLength(1)
  let entries = 0
  for await (const _ of storage.records.list('cache/manifest/')) entries++
  expect(entries).toBe(1)
})

test('numbers that make no sense', () => {
  expect(() => stage({ ttl: -1 })).toThrow('ttl')
  expect(() => stage({ maxBytes: 0 })).toThrow('maxBytes')
})
