import { describe, expect, test } from 'vitest'
import { retainAlone } from '../../src/engine/index.ts'
import { createStore, type RetentionRule, retention } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { leftovers, pushIndex, stored } from './collecting.ts'
import {
  days,
  manifestsOf,
  pushImage,
  pushParent,
  pushTags,
  retained,
  retaining,
  tagsOf,
} from './retaining.ts'
import { collect, DAY, digestOf, HOUR, INDEX, indexOf } from './stage.ts'

describe('tags', () => {
  const rows: [string, RetentionRule[], string[], string[]][] = [
    ['the last pushed stay', [{ keep: { last: 2 } }], ['a', 'c', 'b'], ['b', 'c']],
    ['none stays', [{ keep: { last: 0 } }], ['a', 'b'], []],
    [
      'the last versions stay, and what is no version',
      [{ keep: { last: 2, by: 'version' } }],
      ['v1.10.0', 'v1.9.0', 'v1.2.0', 'latest', '1.10.1-rc.1'],
      ['1.10.1-rc.1', 'latest', 'v1.10.0'],
    ],
    [
      'only the tags of the pattern are counted and go',
      [{ tags: 'pr-*', keep: { last: 1 } }],
      ['pr-1', 'main', 'pr-2', 'v1'],
      ['main', 'pr-2', 'v1'],
    ],
    [
      'what one rule keeps stays, whatever another says',
      [{ keep: { last: 0 } }, { tags: ['main', 'v*'], keep: 'all' }],
      ['pr-1', 'main', 'v1'],
      ['main', 'v1'],
    ],
    ['each condition of a rule keeps', [{ keep: { last: 1, pushed: '90m' } }], ['a', 'b', 'c'], ['b', 'c']],
    [
      'a rule about other repositories says nothing',
      [{ repositories: 'b/**', keep: { last: 0 } }],
      ['x'],
      ['x'],
    ],
    ['a rule about nothing but untagged manifests says nothing', [{ untagged: '1d' }], ['x'], ['x']],
  ]
  test.each(rows)('%s', async (_, rules, pushed, left) => {
    const on = await retaining(rules)
    await pushTags(on, 'a', pushed)
    const dry = await retained(on, { dryRun: true })
    const { verdicts, tags, complete } = await retained(on)
    expect(await tagsOf(on, 'a')).toEqual(left)
    expect([tags, complete]).toEqual([pushed.length - left.length, true])
    expect(dry.verdicts).toEqual(verdicts)
    for (const { tag, stays, why } of verdicts) {
      if (tag !== undefined) expect([stays, why.length > 5], tag).toEqual([left.includes(tag), true])
    }
  })

  test('that were pulled, used or pushed lately stay; pulls are one write in half a day', async () => {
    const on = await retaining([{ keep: { pulled: '7d' } }])
    const [pulled = '', , byDigest = ''] = await pushTags(on, 'a', ['pulled', 'idle', 'by-digest', 'asked'])
    for (let day = 0; day < 20; day++) {
      on.pass(DAY)
      on.clear()
      for (let i = 0; i < 10; i++)
        await Promise.all([on.store.getManifest('a', 'pulled'), on.store.getManifest('a', 'pulled')])
      await on.store.getManifest('a', byDigest as Digest)
      await on.store.resolveManifest('a', 'asked')
      expect(on.of('records.put').length).toBe(3)
      await on.store.retain()
    }
    expect(await tagsOf(on, 'a')).toEqual(['asked', 'by-digest', 'pulled'])
    expect(await manifestsOf(on, 'a')).toContain(pulled)
  })

  test('are not judged by pulls that nobody has noted', async () => {
    const on = await retaining([{ repositories: 'other', keep: { pulled: '7d' } }])
    await pushTags(on, 'a', ['x'])
    on.pass(30 * DAY)
    // The rules are new to this repository: for a week nothing is known to have been pulled or not.
    const rules = retention([{ repositories: 'a', keep: { pulled: '7d' } }])
    const again = createStore({ storage: on.inner, now: on.now, retention: rules })
    for (let day = 0; day < 7; day++) {
      await again.retain()
      expect(await tagsOf(on, 'a')).toEqual(['x'])
      on.pass(DAY)
    }
    on.pass(1)
    expect(await again.retain()).toMatchObject({ tags: 1 })
    // Off for 30 days: the pulls of that time are unknown.
    await pushTags(on, 'a', ['y'])
    on.pass(30 * DAY)
    expect(await again.retain()).toMatchObject({ tags: 0 })
  })
})

describe('manifests', () => {
  test('go with their last tag once nobody has used them for a day, and free their blobs', async () => {
    const on = await retaining([{ keep: { last: 1 } }])
    const digests = await pushTags(on, 'a', ['1', '2', '3'])
    expect(await retained(on)).toMatchObject({ tags: 2, manifests: 0 })
    expect((await manifestsOf(on, 'a')).length).toBe(3)
    on.pass(DAY)
    // One is used by its digest.
    await on.store.resolveManifest('a', digests[1]!)
    expect(await retained(on)).toMatchObject({ tags: 0, manifests: 1 })
    expect((await manifestsOf(on, 'a')).sort()).toEqual([digests[1]!, digests[2]!].sort())
    await days(on, 5)
    expect(await manifestsOf(on, 'a')).toEqual([digests[2]])
    expect((await stored(on)).length).toBe(1)
    expect((await leftovers(on)).filter((key) => !/retention$/.test(key))).toEqual([])
  })

  test('stay while another tag names them', async () => {
    const on = await retaining([{ tags: 'pr-*', keep: { last: 0 } }])
    const digest = await pushIndex(on, 'a', ['x'], ['pr-1', 'main'])
    await days(on, 5)
    expect(await tagsOf(on, 'a')).toEqual(['main'])
    expect((await on.store.getManifest('a', 'main')).descriptor.digest).toBe(digest)
  })

  test('without a tag stay for ever unless a rule says otherwise', async () => {
    const on = await retaining([{ keep: { last: 1 } }])
    const untagged = await pushIndex(on, 'a', ['x'])
    await pushIndex(on, 'a', ['y'], ['v1'])
    await pushIndex(on, 'a', ['z'], ['v1'])
    await days(on, 20)
    expect(await manifestsOf(on, 'a')).toContain(untagged)
    expect((await manifestsOf(on, 'a')).length).toBe(3)
  })

  test('without a tag go when they have had none, and nobody has used or pulled them, for so long', async () => {
    const on = await retaining([{ untagged: '7d' }])
    const digests: Digest[] = []
    for (const text of ['idle', 'pulled', 'used', 'moved'])
      digests.push(await pushIndex(on, 'a', [text], text === 'moved' ? ['v1'] : []))
    const [idle, pulled, used, moved] = digests as [Digest, Digest, Digest, Digest]
    for (let day = 0; day < 6; day++) {
      await days(on, 1)
      await on.store.getManifest('a', pulled)
      await on.store.resolveManifest('a', used)
    }
    expect(await manifestsOf(on, 'a')).toContain(idle)
    await pushIndex(on, 'a', ['newest'], ['v1'])
    await days(on, 2)
    const left = await manifestsOf(on, 'a')
    expect([idle, pulled, used, moved].map((digest) => left.includes(digest))).toEqual([
      false,
      true,
      true,
      true,
    ])
    await days(on, 8)
    expect((await manifestsOf(on, 'a')).length).toBe(1)
    expect(await tagsOf(on, 'a')).toEqual(['v1'])
  })

  test('stay for the longest time that a rule gives them', async () => {
    const on = await retaining([{ untagged: '2d' }, { repositories: 'a', untagged: '30d' }])
    for (const repo of ['a', 'b']) await pushIndex(on, repo, ['x'])
    await days(on, 10)
    expect([(await manifestsOf(on, 'a')).length, (await manifestsOf(on, 'b')).length]).toEqual([1, 0])
  })
})

describe('multi-arch images, attestations and signatures', () => {
  test('survive every rule that keeps their image', async () => {
    const rules: RetentionRule[] = [
      { keep: { last: 1 }, untagged: '1d' },
      { repositories: 'a', tags: ['v*'], keep: { last: 1, by: 'version' } },
      { keep: { pushed: '1d' } },
    ]
    const on = await retaining(rules)
    const parts = await pushImage(on, 'a', 'v1')
    await days(on, 30)
    expect((await manifestsOf(on, 'a')).sort()).toEqual(parts.toSorted())
    expect((await collect(on.store.referrers('a', parts[4]!))).length).toBe(1)
    for (const digest of parts) await on.store.getManifest('a', digest)
    expect((await tagsOf(on, 'a')).length).toBe(3)
  })

  test('survive without rules about them', async () => {
    const on = await retaining([{ repositories: 'b', keep: { last: 0 }, untagged: 0 }])
    const parts = await pushImage(on, 'a', 'v1')
    await days(on, 30)
    expect((await manifestsOf(on, 'a')).length).toBe(parts.length)
  })

  test('go with their image, whole, and leave nothing behind', async () => {
    const on = await retaining([{ keep: { last: 1 } }])
    await pushImage(on, 'a', 'v1')
    const kept = await pushImage(on, 'a', 'v2')
    await days(on, 6)
    expect((await manifestsOf(on, 'a')).sort()).toEqual(kept.sort())
    expect((await tagsOf(on, 'a')).length).toBe(3)
    // An index that is tied to its image by a fallback tag shares no blob with others.
    expect((await stored(on)).length).toBe(8)
  })

  test('a child that another index needs, or a tag names, stays without the index', async () => {
    const on = await retaining([{ tags: 'old*', keep: { last: 0 } }])
    const shared = await pushIndex(on, 'a', ['shared'])
    const tagged = await pushIndex(on, 'a', ['tagged'], ['arm64'])
    const own = await pushIndex(on, 'a', ['own'])
    const old = await pushParent(on, 'a', [shared, tagged, own], ['old'])
    const young = await pushParent(on, 'a', [shared], ['new'])
    await days(on, 6)
    expect((await manifestsOf(on, 'a')).sort()).toEqual([shared, tagged, young].sort())
    expect(await manifestsOf(on, 'a')).not.toContain(old)
    expect(await on.store.getBlob('a', digestOf('shared'))).toBeDefined()
  })

  test('signatures of what was deleted by a client go as untagged manifests do', async () => {
    const on = await retaining([{ untagged: '3d' }])
    const parts = await pushImage(on, 'a', 'v1')
    await on.store.deleteManifest('a', parts[4]!)
    await days(on, 2)
    expect((await manifestsOf(on, 'a')).length).toBe(parts.length - 1)
    await days(on, 9)
    expect(await manifestsOf(on, 'a')).toEqual([])
    expect(await tagsOf(on, 'a')).toEqual([])
  })

  test('signatures of what is elsewhere stay where a rule keeps all of their tags', async () => {
    const on = await retaining([{ untagged: '3d' }, { repositories: 'kept', keep: 'all' }])
    const tag = `${digestOf('elsewhere').replace(':', '-')}.sig`
    for (const repo of ['kept', 'not']) await pushIndex(on, repo, ['signature'], [tag])
    await days(on, 9)
    expect([await tagsOf(on, 'kept'), await tagsOf(on, 'not')]).toEqual([[tag], []])
  })

  test('a tag that spells the digest of what it names is a tag like any other', async () => {
    const on = await retaining([{ untagged: '3d' }, { tags: 'v*', keep: { last: 0 } }])
    const manifest = indexOf()
    const tag = digestOf(manifest).replace(':', '-')
    await on.store.pushManifest('a', manifest, INDEX, { tags: [tag] })
    await days(on, 9)
    expect(await tagsOf(on, 'a')).toEqual([tag])
  })
})

describe('rules that are applied while no server runs', () => {
  const rules: RetentionRule[] = [{ keep: { pulled: '2d' } }]

  test('do not take for unused what nobody has noted the pulls of', async () => {
    const on = await retaining([{ repositories: 'other', keep: 'all' }])
    await pushTags(on, 'a', ['x'])
    for (let day = 0; day < 5; day++) {
      on.pass(DAY)
      expect(await retainAlone(on.inner, rules, { now: on.now })).toMatchObject({ tags: 0 })
    }
    const server = createStore({ storage: on.inner, now: on.now, retention: retention(rules) })
    for (let day = 0; day < 2; day++) {
      await server.retain()
      on.pass(DAY)
    }
    on.pass(HOUR)
    expect(await retainAlone(on.inner, rules, { now: on.now })).toMatchObject({ tags: 1 })
  })

  test('are applied everywhere, wherever a server has come to', async () => {
    const on = await retaining([{ keep: { last: 0 } }])
    for (const repo of ['a', 'b']) await pushTags(on, repo, ['x'])
    expect(await on.store.retain({ limit: 1 })).toMatchObject({ complete: false, repositories: 1 })
    on.pass(HOUR)
    await pushTags(on, 'a', ['y'])
    const alone = await retainAlone(on.inner, [{ keep: { last: 0 } }], { now: on.now })
    expect(alone).toMatchObject({ tags: 2, repositories: 2 })
  })
})
