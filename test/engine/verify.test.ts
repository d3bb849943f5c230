import { describe, expect, test } from 'vitest'
import {
  expectWhole,
  fill,
  filled,
  linksOf,
  lose,
  MANIFEST,
  OTHER,
  only,
  placeIn,
  REPO,
  spoil,
  told,
} from './checking.ts'
import { bytes, DAY, digestOf, HOUR, keysOf, push, read, stage } from './stage.ts'

const MINUTE = 60_000

describe('what is whole', () => {
  test('is said to be, with all that was seen', async () => {
    const { check } = await filled()
    const report = await check()
    expectWhole(report)
    expect(report).toEqual({
      repositories: 2,
      manifests: 4,
      tags: 4,
      referrers: 1,
      blobs: 5,
      hashed: 3,
      bytes: '{}'.length + 'the first layer'.length + 'the second layer'.length,
      contents: 3,
      damaged: 0,
      mended: 0,
      setAside: 0,
      strays: 0,
      unreadable: 0,
      findings: [],
      cursor: null,
    })
  })

  test('is not changed, also not by a repair', async () => {
    const { on, check, storage } = await filled()
    const before = await keysOf(storage)
    on.clear()
    await check()
    await check({ repair: true })
    expect(await keysOf(storage)).toEqual(before)
    const writes = on.calls.filter(({ method }) => !/\.(get|list|size|read)$/.test(method))
    expect(writes).toEqual([])
  })

  test('and empty', async () => {
    expectWhole(await stage().check())
  })

  test('with uploads under way, cancelled, given up and expired', async () => {
    const { on, check } = await filled()
    const begun = await on.store.startUpload(REPO)
    const { id } = await on.store.writeUpload(REPO, begun.id, bytes('abc'))
    expectWhole(await check())
    await on.store.cancelUpload(REPO, id)
    expectWhole(await check())
    await on.store.writeUpload(REPO, (await on.store.startUpload(REPO)).id, bytes('abc'))
    for (let hour = 0; hour < 60; hour++) {
      on.pass(HOUR)
      await on.store.sweep()
      await on.store.collect()
      if (hour % 6 === 0) expectWhole(await check())
    }
  })

  test('with blobs that no manifest needs, moved tags, and what a delete leaves to the collector', async () => {
    const { on, all, check } = await filled()
    await push(on.store, REPO, 'not needed')
    await on.store.deleteManifest(REPO, all.index)
    await on.store.deleteTag(REPO, 'latest')
    for (let hour = 0; hour < 60; hour++) {
      on.pass(HOUR)
      await on.store.sweep()
      await on.store.collect()
      if (hour % 6 === 0) expectWhole(await check())
    }
  })

  test('with what is only elsewhere, where that is allowed', async () => {
    const { on, check } = await filled({ sparse: true })
    await on.store.pushManifest(
      'sparse',
      bytes(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MANIFEST,
          config: { mediaType: 'a/b', digest: digestOf('not here'), size: 8 },
          layers: [],
        }),
      ),
      MANIFEST,
      { tags: ['v1'] },
    )
    on.pass(HOUR)
    expectWhole(await check())
  })
})

describe('the bytes of a blob', () => {
  test.each(['blob-missing', 'blob-size'] as const)(
    '%s: absent for clients, so a push heals',
    async (problem) => {
      const { on, all, check, storage } = await filled()
      const place = await placeIn(storage, REPO, all.streamed)
      await spoil(storage, place, problem === 'blob-missing' ? null : 'the second')
      const found = only(await check({ repair: true }))
      expect(found).toMatchObject({
        problem,
        repository: REPO,
        digest: all.streamed,
        place,
        outcome: 'found',
      })
      expect(await read(on.store, REPO, all.streamed)).toBe('BLOB_UNKNOWN')
      await push(on.store, REPO, 'the second layer')
      expectWhole(await check())
    },
  )

  test('blob-digest: found also in a copy, set aside in each repository, healed by a push', async () => {
    const { on, all, check, storage } = await filled()
    await spoil(storage, await placeIn(storage, REPO, all.layer), 'the worst layer')
    const reported = await check()
    expect(told(reported)).toEqual(['blob-digest', 'blob-digest'])
    expect(reported.findings.map(({ repository }) => repository).sort()).toEqual([REPO, OTHER].sort())
    expect(reported.findings[0]!.text).toContain(digestOf('the worst layer'))
    expect(await read(on.store, REPO, all.layer)).toBe('the worst layer')

    const repaired = await check({ repair: true })
    expect(told(repaired)).toEqual([
      'blob-digest: set aside',
      'blob-digest: set aside',
      'reference',
      'reference',
    ])
    expect(repaired).toMatchObject({ damaged: 4, setAside: 2, mended: 0 })
    expect(await read(on.store, REPO, all.layer)).toBe('BLOB_UNKNOWN')
    await expect(on.store.mountBlob('third', all.layer, { mayRead: () => true })).resolves.toBe(null)
    const later = await check({ repair: true })
    expect(told(later)).toEqual(['reference', 'reference', 'set-aside', 'set-aside'])

    for (const repo of [REPO, OTHER]) await push(on.store, repo, 'the first layer')
    expect(await read(on.store, OTHER, all.layer)).toBe('the first layer')
    const healed = await check()
    expect(told(healed)).toEqual(['set-aside', 'set-aside'])
    expect(healed).toMatchObject({ damaged: 0, strays: 0 })
  })

  test('what was set aside stays for 30 days, and is then left to the collector', async () => {
    const { on, all, check, storage } = await filled()
    on.pass(2 * DAY)
    await on.store.sweep()
    const place = await placeIn(storage, REPO, all.layer)
    await spoil(storage, place, 'the worst layer')
    await check({ repair: true })
    for (const repo of [REPO, OTHER]) await push(on.store, repo, 'the first layer')
    on.pass(29 * DAY)
    await check({ repair: true })
    expect((await keysOf(storage, 'damaged/')).length).toBe(2)
    on.pass(2 * DAY)
    expect((await check()).damaged).toBe(0)
    expect((await keysOf(storage, 'damaged/')).length).toBe(2)
    await check({ repair: true })
    expect(await keysOf(storage, 'damaged/')).toEqual([])
    for (let hour = 0; hour < 50; hour++) {
      on.pass(HOUR)
      await on.store.collect()
    }
    expect(await storage.contents.size(place)).toBe(null)
    expect(await read(on.store, REPO, all.layer)).toBe('the first layer')
    expectWhole(await check())
  })

  test('a sample reads some of them, and the size of all', async () => {
    const { on, check, storage } = await filled()
    for (let i = 0; i < 200; i++) await push(on.store, REPO, `blob ${i}`)
    await spoil(storage, await placeIn(storage, REPO, digestOf('blob 7')), 'bl')
    const report = await check({ sample: 0.3 })
    expect(told(report)).toEqual(['blob-size'])
    expect(report.hashed).toBeGreaterThan(25)
    expect(report.hashed).toBeLessThan(110)
  })

  test('no faster than told', async () => {
    const { check } = await filled()
    const began = performance.now()
    expectWhole(await check({ rate: 200 }))
    expect(performance.now() - began).toBeGreaterThan(100)
  })
})

describe('strays', () => {
  test('records, contents and parts that nothing names, which nobody touches', async () => {
    const { all, check, storage } = await filled()
    const keys = [
      'a',
      'blobs/sha256/xx/y',
      `${linksOf(all.layer)}short`,
      'catalog/UPPER!',
      'damagee',
      `repositories/${REPO}/_else/x`,
      `repositories/${REPO}/_tags/-`,
      `repositories/${REPO}/_manifests/md5/0`,
      'repositories/x',
      'zzz/ö',
    ]
    for (const key of keys) await storage.records.put(key, bytes('{}'))
    const places = ['content/-/00/stray', `content/sha256/00/${'0'.repeat(64)}.x-1`, 'content/what']
    for (const place of places) await storage.contents.write(place, bytes('x'), { size: 1 })
    await storage.contents.open('content/-/01/part')
    for (const repair of [false, true]) {
      const report = await check({ repair })
      expect(report.findings.map(({ at }) => at).sort()).toEqual(
        [...keys, ...places, 'content/-/01/part'].sort(),
      )
      expect(report).toMatchObject({ damaged: 0, strays: 14 })
    }
  })

  test('without a listing of contents nobody looks, and the report says so', async () => {
    const { check } = await filled({
      storage: (inner) => {
        const { list: _, ...contents } = inner.contents
        return { ...inner, contents }
      },
    })
    expect((await check()).contents).toBe(null)
  })
})

test('what was written a moment ago is not judged by what comes right after it', async () => {
  const on = stage()
  await fill(on.store)
  await lose(on.inner, `repositories/${REPO}/_referrers/`)
  await lose(on.inner, 'catalog/', `${OTHER}!`)
  on.pass(9 * MINUTE)
  expectWhole(await on.check())
  on.pass(MINUTE)
  expect(told(await on.check())).toEqual(['catalog', 'referrer'])
})
