/**
 * Records one at a time.
 * @module
 */

import type { StorageTests } from './scope.ts'
import { digestOf, noise, text, utf8 } from './scope.ts'

/** Reading, writing and removing records without a race. */
export const recordTests: StorageTests = {
  'get: an absent key is null': async ({ records, key, expect }) => {
    expect(await records.get(key('absent'))).toBe(null)
  },

  'create: stores once, and null when the key exists': async ({ records, key, expect }) => {
    const version = await records.create(key('a'), utf8('one'))
    expect(typeof version).toBe('string')
    expect(await records.create(key('a'), utf8('two'))).toBe(null)
    const rec = await records.get(key('a'))
    expect(text(rec?.value)).toBe('one')
    expect(rec?.version).toBe(version)
  },

  'create: a volatile record is like any other': async ({ records, key, expect }) => {
    const version = await records.create(key('a'), utf8('one'), { volatile: true })
    expect(await records.create(key('a'), utf8('two'), { volatile: true })).toBe(null)
    expect(await records.create(key('a'), utf8('three'))).toBe(null)
    expect((await records.get(key('a')))?.version).toBe(version)
  },

  'put: writes, rewrites and returns versions': async ({ records, key, expect }) => {
    const first = await records.put(key('a'), utf8('one'))
    const second = await records.put(key('a'), utf8('two'))
    expect(typeof first).toBe('string')
    expect(first === second).toBe(false)
    const rec = await records.get(key('a'))
    expect(text(rec?.value)).toBe('two')
    expect(rec?.version).toBe(second)
  },

  'put: with a version only over that version': async ({ records, key, expect }) => {
    const first = await records.put(key('a'), utf8('one'))
    const second = await records.put(key('a'), utf8('two'), { version: first! })
    expect(typeof second).toBe('string')
    expect(await records.put(key('a'), utf8('three'), { version: first! })).toBe(null)
    expect(text((await records.get(key('a')))?.value)).toBe('two')
  },

  'put: with a version never over an absent key': async ({ records, key, expect }) => {
    const version = await records.put(key('a'), utf8('one'))
    expect(await records.remove(key('a'), version!)).toBe(true)
    expect(await records.put(key('a'), utf8('two'), { version: version! })).toBe(null)
    expect(await records.put(key('b'), utf8('two'), { version: version! })).toBe(null)
    expect(await records.get(key('a'))).toBe(null)
  },

  'remove: only with the current version': async ({ records, key, expect }) => {
    const first = await records.put(key('a'), utf8('one'))
    const second = await records.put(key('a'), utf8('two'))
    expect(await records.remove(key('a'), first!)).toBe(false)
    expect(text((await records.get(key('a')))?.value)).toBe('two')
    expect(await records.remove(key('a'), second!)).toBe(true)
    expect(await records.get(key('a'))).toBe(null)
    expect(await records.remove(key('a'), second!)).toBe(false)
    expect(typeof (await records.create(key('a'), utf8('three')))).toBe('string')
  },

  'drop: removes many keys, absent ones too': async ({ records, key, keys, expect }) => {
    const names = Array.from({ length: 40 }, (_, i) => `d/${i}/x`)
    await Promise.all(names.map((name) => records.create(key(name), utf8(name), { volatile: true })))
    await records.put(key('d/kept'), utf8('kept'))
    await records.drop([...names, 'absent', 'd/absent/y'].map(key))
    expect(await keys()).toEqual(['d/kept'])
    await records.drop([])
    await records.drop(names.map(key))
    expect(typeof (await records.create(key(names[0]!), utf8('again')))).toBe('string')
  },

  'modified: the time of the last write': async ({ records, key, expect }) => {
    await records.put(key('a'), utf8('one'))
    const first = (await records.get(key('a')))!.modified
    await new Promise((resolve) => setTimeout(resolve, 30))
    await records.put(key('a'), utf8('two'))
    const second = (await records.get(key('a')))!.modified
    expect(Number.isFinite(first) && first > 0).toBe(true)
    expect(second >= first).toBe(true)
  },

  'values: empty ones and the largest come back whole': async ({ records, key, expect }) => {
    const large = noise(4 * 1024 * 1024 + 64 * 1024)
    await records.put(key('empty'), new Uint8Array())
    await records.put(key('large'), large)
    expect((await records.get(key('empty')))?.value.length).toBe(0)
    expect(await records.create(key('empty'), utf8('x'))).toBe(null)
    const value = (await records.get(key('large')))!.value
    expect(await digestOf(value)).toBe(await digestOf(large))
    await records.put(key('large'), utf8('small'))
    expect(text((await records.get(key('large')))?.value)).toBe('small')
  },

  'values: a caller may reuse its bytes': async ({ records, key, expect }) => {
    const mine = utf8('one')
    await records.put(key('a'), mine)
    mine.fill(0)
    const theirs = (await records.get(key('a')))!.value
    expect(text(theirs)).toBe('one')
    theirs.fill(0)
    expect(text((await records.get(key('a')))?.value)).toBe('one')
  },
}
