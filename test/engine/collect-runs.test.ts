import { describe, expect, test } from 'vitest'
import { createStore, memory } from '../../src/index.ts'
import { hours, pushIndex, stored } from './collecting.ts'
import { DAY, digestOf, HOUR, keysOf, read, stage } from './stage.ts'

describe('a collector', () => {
  test('a dry run says what would go, and removes nothing', async () => {
    const on = stage()
    await on.store.deleteManifest('a', await pushIndex(on, 'a', ['x', 'yy'], ['v1']))
    on.pass(30 * HOUR)
    await on.store.sweep()
    const before = await keysOf(on.inner)
    const dry = await on.store.collect({ dryRun: true })
    expect(await keysOf(on.inner)).toEqual(before)
    const { links, repositories } = await on.store.collect()
    expect(dry).toMatchObject({ links, repositories, contents: 0 })
    expect(links).toBe(2)
    on.pass(26 * HOUR)
    const later = await on.store.collect({ dryRun: true })
    expect((await stored(on)).length).toBe(2)
    expect(await on.store.collect()).toEqual(later)
    expect(later).toMatchObject({ contents: 2, bytes: 3 })
  })

  test('a run with a limit leaves the rest to the next', async () => {
    const on = stage()
    for (const repo of ['a', 'b', 'c', 'd', 'e'])
      await on.store.deleteManifest(repo, await pushIndex(on, repo, [repo]))
    on.pass(30 * HOUR)
    expect(await on.store.collect({ limit: 2 })).toMatchObject({ links: 2, complete: false })
    expect(await on.store.collect({ limit: 2 })).toMatchObject({ links: 2, complete: false })
    expect(await on.store.collect()).toMatchObject({ links: 1, complete: true })
  })

  test('a run that is aborted ends between two steps', async () => {
    const on = stage()
    await on.store.deleteManifest('a', await pushIndex(on, 'a', ['x']))
    on.pass(30 * HOUR)
    expect(await on.store.collect({ signal: AbortSignal.abort() })).toMatchObject({
      links: 0,
      complete: false,
    })
    expect((await keysOf(on.inner, 'blobs/')).length).toBe(1)
  })

  test('while one is at work, another does nothing; one that died is waited for ten minutes', async () => {
    const on = stage()
    await on.store.deleteManifest('a', await pushIndex(on, 'a', ['x']))
    on.pass(30 * HOUR)
    let other: unknown
    on.hook = async ({ method, key }) => {
      if (method !== 'records.remove' || !key.startsWith('blobs/')) return
      on.hook = undefined
      other = await on.another().collect()
      throw new Error('the storage fails')
    }
    await expect(on.store.collect()).rejects.toThrow('the storage fails')
    expect(other).toMatchObject({ links: 0, complete: false })
    await on.inner.records.put('gc/lease', new TextEncoder().encode('{}'))
    expect(await on.store.collect()).toMatchObject({ links: 0, complete: false })
    on.pass(10 * 60_000)
    expect(await on.store.collect()).toMatchObject({ links: 1, complete: true })
  })

  test('one repository that cannot be read does not keep the others from being collected', async () => {
    const on = stage()
    for (const repo of ['a', 'b']) await on.store.deleteManifest(repo, await pushIndex(on, repo, [repo]))
    on.pass(30 * HOUR)
    on.hook = ({ method, key }) => {
      if (method === 'records.list' && key === 'repositories/a/_manifests/') throw new Error('unreadable')
    }
    await expect(on.store.collect()).rejects.toThrow('unreadable')
    expect(await read(on.store, 'a', digestOf('a'))).toBe('a')
    expect(await read(on.store, 'b', digestOf('b'))).toBe('BLOB_UNKNOWN')
  })

  test('one deleted image costs as much beside 200 repositories as alone', async () => {
    const cost = async (others: number) => {
      const on = stage()
      for (let i = 0; i < others; i++) await pushIndex(on, `other/${i}`, [`${i}`, 'shared by all'], ['v1'])
      await on.store.deleteManifest('a', await pushIndex(on, 'a', ['x', 'y'], ['v1']))
      await hours(on, 40)
      await on.store.deleteManifest('a', await pushIndex(on, 'a', ['x', 'z'], ['v1']))
      on.pass(30 * HOUR)
      await on.store.sweep()
      on.clear()
      const { links } = await on.store.collect()
      expect(links).toBe(2)
      return on.calls.reduce((sum, { taken }) => sum + 1 + taken, 0)
    }
    expect(await cost(200)).toBe(await cost(0))
  })

  test.each([
    ['eventual', { consistency: 'eventual' }, /not seen at once/],
    ['no conditional removal', { remove: 'none' }, /on condition/],
  ] as const)('a storage that promises too little is refused: %s', async (_, traits, why) => {
    const storage = memory()
    const store = createStore({ storage: { ...storage, traits: { ...storage.traits, ...traits } } })
    await expect(store.collect()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(why),
    })
  })

  test('a grace period that is too short for the clocks is refused', () => {
    const storage = memory()
    const skewed = { ...storage, traits: { ...storage.traits, skew: 12 * HOUR } }
    expect(() => createStore({ storage: skewed, grace: DAY })).toThrow(/too short/)
    expect(() => createStore({ storage: skewed, grace: 2 * DAY })).not.toThrow()
  })
})
