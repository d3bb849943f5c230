/**
 * Lists of tags and repositories.
 * @module
 */

import type { ListOptions } from '../../registry.ts'
import { all, type RegistryTests } from './scope.ts'

/** Pushed in this order; capitals come first in bytewise order. */
const TAGS = ['v2', 'v10', 'v1', 'latest', 'B', 'a', '_']
const SORTED = ['B', '_', 'a', 'latest', 'v1', 'v10', 'v2']

/** What is asked for, and how many of the sorted tags are left out before and given. */
const BOUNDS: readonly [ListOptions, number, number][] = [
  [{}, 0, 7],
  [{ limit: 7 }, 0, 7],
  [{ limit: 1000 }, 0, 7],
  [{ limit: 3 }, 0, 3],
  [{ limit: 1 }, 0, 1],
  [{ limit: 0 }, 0, 0],
  [{ after: 'B' }, 1, 6],
  [{ after: 'a', limit: 2 }, 3, 2],
  [{ after: 'v1' }, 5, 2],
  [{ after: 'v2' }, 7, 0],
  [{ after: 'v2', limit: 5 }, 7, 0],
  [{ after: 'A' }, 0, 7],
  [{ after: 'b', limit: 1 }, 3, 1],
  [{ after: 'v100' }, 6, 1],
  [{ after: 'zzz' }, 7, 0],
]

/** Order, bounds, and leaving early. */
export const listTests: RegistryTests = {
  'tags: in bytewise order': async ({ registry, repo, pushIndex, expect }) => {
    await pushIndex(TAGS)
    expect(await all(registry.tags(repo))).toEqual(SORTED)
  },

  'tags: after and limit are bounds': async ({ registry, repo, pushIndex, expect }) => {
    await pushIndex(TAGS)
    for (const [options, from, count] of BOUNDS) {
      const expected = SORTED.slice(from, from + count)
      expect([options, await all(registry.tags(repo, options))]).toEqual([options, expected])
    }
  },

  'tags: a caller may stop early, and ask again': async ({ registry, repo, pushIndex, expect }) => {
    await pushIndex(TAGS)
    for (let i = 0; i < 5; i++) {
      const found: string[] = []
      for await (const tag of registry.tags(repo)) {
        found.push(tag)
        if (found.length === 2) break
      }
      expect(found).toEqual(['B', '_'])
    }
  },

  'tags: of a repository with only untagged manifests there are none': async (scope) => {
    const { registry, repo, pushIndex, expect } = scope
    await pushIndex([])
    expect(await all(registry.tags(repo))).toEqual([])
  },

  'tags: of an unknown repository is an error of the first step': async (scope) => {
    const { registry, repo, expectCode } = scope
    const list = registry.tags(repo)[Symbol.asyncIterator]()
    await expectCode(list.next(), 'NAME_UNKNOWN')
    await expectCode(all(registry.tags(repo, { limit: 1 })), 'NAME_UNKNOWN')
  },

  'tags: are those of one repository': async ({ registry, repo, other, pushIndex, expect }) => {
    await pushIndex(['here'])
    await pushIndex(['there'], {}, other)
    await pushIndex(['below'], {}, `${repo}/below`)
    await pushIndex(['beside'], {}, `${repo}-x`)
    expect(await all(registry.tags(repo))).toEqual(['here'])
    expect(await all(registry.tags(`${repo}/below`))).toEqual(['below'])
  },

  'repositories: those that manifests were pushed to, in bytewise order': async (scope) => {
    const { registry, id, pushIndex, push, blob, expect } = scope
    const mine = `suite/${id}/`
    for (const name of ['b', 'a-b', 'a/b', 'a']) await pushIndex(['latest'], {}, mine + name)
    await push(await blob(), `${mine}only-a-blob`)
    const found = (await all(registry.repositories())).filter((name) => name.startsWith(mine))
    expect(found.map((name) => name.slice(mine.length))).toEqual(['a', 'a-b', 'a/b', 'b'])
  },

  'repositories: after and limit are bounds': async ({ registry, id, pushIndex, expect }) => {
    const mine = `suite/${id}/`
    for (const name of ['a', 'b', 'c']) await pushIndex(['latest'], {}, mine + name)
    const list = (after: string, limit?: number) =>
      all(registry.repositories({ after: mine + after, ...(limit === undefined ? {} : { limit }) }))
    expect(await list('', 2)).toEqual([`${mine}a`, `${mine}b`])
    expect(await list('a', 1)).toEqual([`${mine}b`])
    expect(await list('a-not-there', 2)).toEqual([`${mine}b`, `${mine}c`])
    expect(await list('', 0)).toEqual([])
    expect((await list('b'))[0]).toBe(`${mine}c`)
  },
}
