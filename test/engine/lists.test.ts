import { describe, expect, test } from 'vitest'
import type { Digest } from '../../src/oci/index.ts'
import { collect, digestOf, INDEX, indexOf, type Stage, stage } from './stage.ts'

const TAGS = [
  '0',
  '1.0',
  '1.0-rc',
  '10',
  'A',
  'B',
  '_',
  'a',
  'a-b',
  'a.b',
  'ab',
  'b',
  'latest',
  'z'.repeat(128),
]
const REPOS = ['a', 'a-b', 'a-b/c', 'a.b', 'a/b', 'a/b/c', 'a0', 'a_b', 'ab', 'b']

async function filled(): Promise<Stage> {
  const on = stage()
  await on.store.pushManifest('a', indexOf(), INDEX, { tags: [...TAGS].reverse() })
  for (const repo of [...REPOS].reverse()) await on.store.pushManifest(repo, indexOf(), INDEX)
  on.clear()
  return on
}

interface Bounds {
  after?: string
  limit?: number
}

const lists: [string, readonly string[], (on: Stage, bounds: Bounds) => AsyncIterable<string>][] = [
  ['tags', TAGS, ({ store }, bounds) => store.tags('a', bounds)],
  ['repositories', REPOS, ({ store }, bounds) => store.repositories(bounds)],
]

describe.each(lists)('%s', (_, all, list) => {
  test('come bytewise ascending, strictly after `after`, at most `limit`', async () => {
    const on = await filled()
    const cuts = [
      undefined,
      '',
      '!',
      ...all,
      ...all.map((name) => `${name}!`),
      ...all.map((name) => `${name}0`),
      '~',
    ]
    for (const after of cuts) {
      for (const limit of [undefined, 0, 1, 2, 100]) {
        const bounds = {
          ...(after === undefined ? {} : { after }),
          ...(limit === undefined ? {} : { limit }),
        }
        const expected = all
          .filter((name) => after === undefined || name > after)
          .slice(0, limit ?? all.length)
        expect(await collect(list(on, bounds)), JSON.stringify(bounds)).toEqual(expected)
      }
    }
  })

  test('stop the listing of the storage when the loop is left, and ask for no more than the limit', async () => {
    const on = await filled()
    for await (const name of list(on, {})) {
      expect(name).toBe(all[0])
      break
    }
    expect(on.of('records.list').map(({ taken }) => taken)).toEqual([1])
    on.clear()
    await collect(list(on, { limit: 3 }))
    expect(on.of('records.list').map(({ taken }) => taken)).toEqual([3])
  })
})

test('an unknown repository has no tags: the error comes with the first entry, not before', async () => {
  const on = stage()
  const list = on.store.tags('nowhere')
  await expect(collect(list)).rejects.toMatchObject({ code: 'NAME_UNKNOWN', status: 404 })
  await on.store.pushManifest('a', indexOf(), INDEX)
  expect(await collect(on.store.tags('a'))).toEqual([])
  expect(await collect(on.another().tags('a', { after: 'zzz' }))).toEqual([])
})

describe('referrers', () => {
  const subject = digestOf('subject')
  const TYPES = ['t/a', 't/b', 't/c', '']

  async function referred(): Promise<{ on: Stage; byType: Map<string, Digest[]> }> {
    const on = stage()
    const byType = new Map<string, Digest[]>()
    for (const artifactType of TYPES) {
      for (let i = 0; i < 5; i++) {
        const more = { subject: { mediaType: INDEX, digest: subject, size: 1 }, annotations: { i: `${i}` } }
        const manifest = indexOf([], artifactType === '' ? more : { ...more, artifactType })
        const { descriptor } = await on.store.pushManifest('a', manifest, INDEX)
        byType.set(artifactType, [...(byType.get(artifactType) ?? []), descriptor.digest])
      }
    }
    return { on, byType }
  }

  const filters: (string[] | undefined)[] = [
    undefined,
    ['t/a'],
    ['t/c', 't/a'],
    ['t/a', 't/a'],
    ['t/none'],
    ['t/none', 't/b'],
    [],
  ]
  for (const artifactTypes of filters) {
    test(`in pages of one, filtered by ${artifactTypes?.join() ?? 'nothing'}: each once, from any cursor on`, async () => {
      const { on, byType } = await referred()
      const options = artifactTypes === undefined ? {} : { artifactTypes }
      const wanted = artifactTypes === undefined ? TYPES : [...new Set(artifactTypes)]
      const expected = wanted.flatMap((type) => byType.get(type) ?? [])
      const whole = await collect(on.store.referrers('a', subject, options))
      const found: string[] = []
      let after: string | undefined
      for (let page = 0; page < 50; page++) {
        const [entry] = await collect(
          on.store.referrers('a', subject, after === undefined ? options : { ...options, after }),
        )
        if (!entry) break
        found.push(entry.descriptor.digest)
        after = entry.cursor
      }
      expect(found).toEqual(whole.map(({ descriptor }) => descriptor.digest))
      expect([...found].sort()).toEqual([...expected].sort())
      expect(whole.every(({ filtered }) => filtered)).toBe(true)
    })
  }

  test('a filter reads only what may match', async () => {
    const { on } = await referred()
    on.clear()
    expect((await collect(on.store.referrers('a', subject, { artifactTypes: ['t/a'] }))).length).toBe(5)
    expect(on.of('records.list').reduce((sum, { taken }) => sum + taken, 0)).toBe(5)
  })

  test('go with their manifest, and stay when the subject goes', async () => {
    const { on, byType } = await referred()
    await on.store.deleteManifest('a', byType.get('t/a')![0]!)
    const left = await collect(on.store.referrers('a', subject))
    expect(left.length).toBe(19)
    expect(await collect(on.store.referrers('nowhere', subject))).toEqual([])
  })
})
