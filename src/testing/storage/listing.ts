/**
 * Listings of records.
 * @module
 */

import type { Scope, StorageTests } from './scope.ts'
import { text, utf8 } from './scope.ts'

const MANY = 1200

/** Order, bounds, values, and what happens to a listing while others write. */
export const listingTests: StorageTests = {
  'list: nothing under an unused prefix': async ({ keys, expect }) => {
    expect(await keys()).toEqual([])
    expect(await keys('deep/down/')).toEqual([])
  },

  'list: a prefix may end within a segment': async (scope) => {
    const { keys, expect } = scope
    await fill(scope, ['ab/1', 'ab/2', 'abc', 'abc/1', 'ac', 'b', 'ab'])
    expect(await keys('ab')).toEqual(['ab', 'ab/1', 'ab/2', 'abc', 'abc/1'])
    expect(await keys('ab/')).toEqual(['ab/1', 'ab/2'])
    expect(await keys('abc')).toEqual(['abc', 'abc/1'])
    expect(await keys('ab/2')).toEqual(['ab/2'])
    expect(await keys('ab/2/')).toEqual([])
    expect(await keys('b/')).toEqual([])
  },

  'list: names of repositories come in bytewise order': async (scope) => {
    const names = ['a!', 'a-b!', 'a.b!', 'a/b!', 'a/b/c!', 'a0!', 'ab!', 'b!']
    await fill(scope, [...names].reverse())
    scope.expect(await scope.keys()).toEqual(names)
  },

  'list: after is a true bound and need not exist': async (scope) => {
    const { keys, expect } = scope
    await fill(scope, ['a/1', 'a/2', 'a/3', 'b', 'c/1'])
    expect(await keys('', { after: 'a/1' })).toEqual(['a/2', 'a/3', 'b', 'c/1'])
    expect(await keys('', { after: 'a/15' })).toEqual(['a/2', 'a/3', 'b', 'c/1'])
    expect(await keys('', { after: 'a' })).toEqual(['a/1', 'a/2', 'a/3', 'b', 'c/1'])
    expect(await keys('', { after: 'a/' })).toEqual(['a/1', 'a/2', 'a/3', 'b', 'c/1'])
    expect(await keys('', { after: 'a0' })).toEqual(['b', 'c/1'])
    expect(await keys('', { after: 'c/1' })).toEqual([])
    expect(await keys('', { after: 'z' })).toEqual([])
    expect(await keys('a/', { after: 'a/1' })).toEqual(['a/2', 'a/3'])
    // Before the prefix and behind it.
    expect(await keys('b', { after: 'a/2' })).toEqual(['b'])
    expect(await keys('a/', { after: 'b' })).toEqual([])
  },

  'list: limit is a true bound': async (scope) => {
    const { keys, expect } = scope
    await fill(scope, ['a', 'b/1', 'b/2', 'c'])
    expect(await keys('', { limit: 0 })).toEqual([])
    expect(await keys('', { limit: 1 })).toEqual(['a'])
    expect(await keys('', { limit: 3 })).toEqual(['a', 'b/1', 'b/2'])
    expect(await keys('', { limit: 3, values: true })).toEqual(['a', 'b/1', 'b/2'])
    expect(await keys('', { limit: 2, after: 'b/1' })).toEqual(['b/2', 'c'])
    expect(await keys('', { limit: 9 })).toEqual(['a', 'b/1', 'b/2', 'c'])
  },

  'list: values come with their records': async (scope) => {
    const { records, key, expect } = scope
    const names = Array.from({ length: 40 }, (_, i) => `v/${String(i).padStart(2, '0')}`)
    await fill(scope, names)
    const found: (string | undefined)[] = []
    for await (const entry of records.list(key('v/'), { values: true })) {
      found.push(text(entry.rec?.value))
      const rec = await records.get(entry.key)
      expect(entry.rec?.version).toBe(rec?.version)
      expect(entry.rec?.modified).toBe(rec?.modified)
    }
    expect(found).toEqual(names)
  },

  'list: over many keys, in pages and left early': async (scope) => {
    const { records, key, keys, expect } = scope
    const names = Array.from({ length: MANY }, (_, i) => `m/${String(i).padStart(5, '0')}`)
    await fill(scope, names)
    expect(await keys('m/')).toEqual(names)
    const paged: string[] = []
    for (;;) {
      const after = paged.at(-1)
      const page = await keys('m/', { limit: 500, ...(after === undefined ? {} : { after }) })
      if (page.length === 0) break
      paged.push(...page)
    }
    expect(paged).toEqual(names)
    const first: string[] = []
    for await (const entry of records.list(key('m/'), { values: true })) {
      first.push(entry.key)
      if (first.length === 3) break
    }
    expect(first).toEqual(names.slice(0, 3).map(key))
    await records.drop(names.map(key))
    expect(await keys('m/')).toEqual([])
  },

  'list: keys that stay are found while others come and go': async (scope) => {
    const { records, key, keys, expect } = scope
    const stable = Array.from({ length: 30 }, (_, i) => `s/${String(i).padStart(2, '0')}`)
    await fill(scope, stable)
    let busy = true
    const churn = async (): Promise<void> => {
      for (let i = 0; busy; i++) {
        const name = key(`s/${String(i % 30).padStart(2, '0')}x/y`)
        await records.create(name, utf8('x'), { volatile: true })
        await records.drop([name])
      }
    }
    const churning = churn()
    for (let round = 0; round < 5; round++) {
      for (const values of [true, false]) {
        const found = await keys('s/', { values })
        expect(found.filter((name) => !name.includes('x'))).toEqual(stable)
      }
    }
    busy = false
    await churning
  },

  'list: left and started again at the same key': async (scope) => {
    const { records, key, expect } = scope
    await fill(scope, ['a', 'b', 'c'])
    const seen: string[] = []
    for await (const { key: found } of records.list(key(''))) {
      seen.push(found)
      await records.drop([found])
    }
    expect(seen).toEqual(['a', 'b', 'c'].map(key))
  },
}

async function fill({ records, key }: Scope, names: readonly string[]): Promise<void> {
  for (let i = 0; i < names.length; i += 50) {
    const batch = names.slice(i, i + 50)
    await Promise.all(batch.map((name) => records.create(key(name), utf8(name), { volatile: true })))
  }
}
