import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isGlob, matchGlob } from '../../src/oci/index.ts'

const rows: readonly [pattern: string, matched: readonly string[], others: readonly string[]][] = [
  ['a', ['a'], ['aa', 'a/a', 'b']],
  ['a/b', ['a/b'], ['a', 'a/b/c', 'a-b']],
  ['*', ['a', 'a.b-c'], ['a/b']],
  ['**', ['a', 'a/b', 'a/b/c'], []],
  ['team/*', ['team/a', 'team/b-c'], ['team', 'team/a/b', 'teams/a']],
  ['team/**', ['team', 'team/a', 'team/a/b'], ['teams', 'teams/a', 'a/team']],
  ['**/cache', ['cache', 'a/cache', 'a/b/cache'], ['a/cache/b', 'acache']],
  ['a/**/z', ['a/z', 'a/b/z', 'a/b/c/z', 'a/z/z'], ['a', 'a/b', 'z']],
  ['*-dev', ['x-dev', 'x-dev-dev'], ['dev', 'x-dev/y', 'x-devs']],
  ['app-*-v*', ['app-a-v1', 'app-v-v-v'], ['app-v1', 'app-a-b']],
  ['a**b', ['ab', 'a.b'], ['a/b']],
  ['**/x/**/y', ['x/y', 'a/x/b/y', 'x/x/y/y'], ['y/x', 'x/y/z']],
]

describe('globs over names of repositories', () => {
  for (const [pattern, matched, others] of rows) {
    test(pattern, () => {
      expect(isGlob(pattern)).toBe(true)
      for (const name of matched) expect(matchGlob(pattern, name), name).toBe(true)
      for (const name of others) expect(matchGlob(pattern, name), name).toBe(false)
    })
  }

  test('only what could match a name is a glob', () => {
    for (const text of ['', '/', 'a/', '/a', 'a//b', 'A', 'a?', '[a]', 'a b', 'a:b', 'a'.repeat(256)])
      expect(isGlob(text), text).toBe(false)
  })

  const segment = fc.stringMatching(/^[ab*]{1,4}$/)
  const glob = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'))
  const name = fc
    .array(fc.stringMatching(/^[ab]{1,4}$/), { minLength: 1, maxLength: 5 })
    .map((segments) => segments.join('/'))

  test('agrees with the plain reading of its definition', () => {
    fc.assert(
      fc.property(glob, name, (pattern, name) => {
        expect(matchGlob(pattern, name)).toBe(plainly(pattern.split('/'), name.split('/')))
      }),
      { numRuns: 2000 },
    )
  })

  test('no pattern is slow', () => {
    const began = performance.now()
    const text = 'a'.repeat(255)
    for (let i = 0; i < 100; i++) {
      expect(matchGlob(`${'*a'.repeat(100)}b`, text)).toBe(false)
      expect(matchGlob(`${'**/a*/'.repeat(30)}b`, `${'a/'.repeat(127)}a`)).toBe(false)
    }
    expect(performance.now() - began).toBeLessThan(5000)
  })
})

/** By trying everything. */
function plainly(pattern: readonly string[], names: readonly string[]): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return names.length === 0
  if (first === '**') return plainly(rest, names) || (names.length > 0 && plainly(pattern, names.slice(1)))
  const expression = new RegExp(`^${first.replaceAll('*', '[^/]*')}$`)
  return names.length > 0 && expression.test(names[0]!) && plainly(rest, names.slice(1))
}
