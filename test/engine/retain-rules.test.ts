import { describe, expect, test } from 'vitest'
import { checkRetention } from '../../src/engine/index.ts'
import { compareVersions, versionOf } from '../../src/engine/retain/version.ts'
import { createStore, memory, ocikit, open, retention } from '../../src/index.ts'

describe('rules', () => {
  const wrong: [unknown, string][] = [
    [{}, 'retention must be a list of rules'],
    [['x'], 'retention[0] must be an object'],
    [[{}], 'retention[0] must have keep or untagged'],
    [[{ keep: {} }], "retention[0].keep must say what stays: last, pushed or pulled, or 'all'"],
    [[{ keep: 'some' }], "retention[0].keep must be 'all' or an object"],
    [[{ keep: { last: -1 } }], 'retention[0].keep.last must be a whole number from 0'],
    [[{ keep: { last: '3' } }], 'retention[0].keep.last must be a whole number from 0'],
    [
      [{ untagged: '1d' }, { keep: { last: 1, by: 'age' } }],
      "retention[1].keep.by must be 'time' or 'version'",
    ],
    [[{ keep: { pushed: '1d', by: 'time' } }], 'retention[0].keep has by, which needs last'],
    [[{ keep: { pushed: '1 week' } }], 'retention[0].keep.pushed must be a time, as in 90s, 30m, 24h or 7d'],
    [
      [{ keep: { pulled: '23h' } }],
      'retention[0].keep.pulled must be at least a day: pulls are noted coarsely',
    ],
    [[{ untagged: -1 }], 'retention[0].untagged must be a time, as in 90s, 30m, 24h or 7d'],
    [[{ tags: 'v*', untagged: '1d' }], 'retention[0] has tags, which need keep'],
    [[{ tags: [], keep: 'all' }], 'retention[0].tags must not be empty'],
    [
      [{ tags: ['v1', 'a b'], keep: 'all' }],
      'retention[0].tags[1] must be globs of tags: with * for any part of them',
    ],
    [
      [{ repositories: 'Team', keep: 'all' }],
      /^retention\[0\]\.repositories\[0\] must be globs of repositories/.source,
    ],
    [[{ keep: 'all', keeps: 1 }], 'retention[0].keeps is unknown'],
    [[{ keep: { last: 1, first: 2 } }], 'retention[0].keep.first is unknown'],
    [[{ name: '', keep: 'all' }], 'retention[0].name must be a text of 1 to 60 characters'],
  ]
  test.each(wrong)('%j is refused', (rules, message) => {
    const text = message.startsWith('^') ? expect.stringMatching(message) : message
    expect(() => checkRetention(rules)).toThrow(expect.objectContaining({ message: text }))
  })

  test('are completed', () => {
    const day = 24 * 3_600_000
    expect(
      checkRetention([
        { keep: 'all' },
        { repositories: ['a'], tags: 'v*', keep: { pulled: '7d' }, untagged: 5 },
      ]),
    ).toEqual([
      { name: 'rule 1', repositories: ['**'], tags: ['*'], keep: 'all', untagged: null },
      {
        name: 'rule 2',
        repositories: ['a'],
        tags: ['v*'],
        keep: { last: null, by: 'time', pushed: null, pulled: 7 * day },
        untagged: 5,
      },
    ])
  })

  test('are refused where the storage could not keep them', () => {
    const storage = memory()
    const weak = { ...storage, traits: { ...storage.traits, remove: 'none' as const } }
    expect(() => createStore({ storage: weak, retention: retention([{ untagged: '1d' }]) })).toThrow(
      /cannot keep rules/,
    )
    expect(() => retention([{}])).toThrow(/^retention\[0\]/)
    expect(() => ocikit({ storage, auth: open(), retention: { rules: [] } })).toThrow(/retention\(\[/)
  })
})

describe('versions', () => {
  test.each(['latest', '', 'v', 'a1', '1.x', 'sha-1234', '1..2', '1.2.'])('%j is none', (tag) => {
    expect(versionOf(tag)).toBeNull()
  })

  test('are ordered as semver says, with as many numbers as there are', () => {
    const sorted = [
      '0.9',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      'v1.0.1',
      '1.2',
      '1.10',
      'V2',
      '2.0.1',
      '20260101',
      '99999999999999999999999',
      '100000000000000000000000',
    ]
    const shuffled = sorted.toSorted()
    const byVersion = shuffled.sort((a, b) => compareVersions(versionOf(a)!, versionOf(b)!))
    expect(byVersion).toEqual(sorted)
    expect(compareVersions(versionOf('1.0')!, versionOf('v1')!)).toBe(0)
  })
})
