import { describe, expect, test } from 'vitest'
import type { Freed, RetentionRule } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { pushIndex, subjectOf } from './collecting.ts'
import type { Call } from './recording.ts'
import { days, manifestsOf, pushParent, pushTags, retained, retaining, tagsOf } from './retaining.ts'
import { collect, DAY, HOUR, INDEX, indexOf, type Stage } from './stage.ts'

const NONE: RetentionRule[] = [{ keep: { last: 0 } }]

/** Does something right before the first call that fits, from another replica. */
function rightBefore(on: Stage, fits: (call: Call) => boolean, act: () => Promise<unknown>): void {
  on.hook = async (call) => {
    if (!fits(call)) return
    on.hook = undefined
    await act()
  }
}

const removes = (part: string) => (call: Call) => call.method === 'records.remove' && call.key.includes(part)

describe('what is pushed or used while retention is at work stays', () => {
  test.each([
    ['moves', async (on: Stage) => on.another().pushManifest('a', indexOf(), INDEX, { tags: ['v1'] })],
    [
      'is pushed again',
      async (on: Stage) => {
        const { bytes, descriptor } = await on.store.getManifest('a', 'v1')
        await on.another().pushManifest('a', bytes, descriptor.mediaType, { tags: ['v1'] })
      },
    ],
  ])('a tag that %s', async (_, act) => {
    const on = await retaining(NONE)
    await pushTags(on, 'a', ['v1'])
    rightBefore(on, removes('_tags/v1'), () => act(on))
    const { tags, verdicts } = await retained(on)
    expect([tags, await tagsOf(on, 'a')]).toEqual([0, ['v1']])
    expect(verdicts.find(({ tag }) => tag === 'v1')).toMatchObject({
      stays: true,
      why: expect.stringMatching(/meanwhile/),
    })
    await on.store.getManifest('a', 'v1')
  })

  /** A manifest whose tag has gone, so long ago that it goes now. */
  async function loose(on: Stage, more: object = {}): Promise<Digest> {
    const digest = await pushIndex(on, 'a', ['x'], ['v1'], more)
    on.pass(HOUR)
    await on.store.retain()
    expect(await tagsOf(on, 'a')).toEqual([])
    on.pass(2 * DAY)
    return digest
  }

  const uses: [string, (on: Stage, digest: Digest) => Promise<unknown>][] = [
    [
      'a new tag',
      async (on, digest) => {
        const { bytes } = await on.store.getManifest('a', digest)
        await on.another().pushManifest('a', bytes, INDEX, { tags: ['v2'] })
      },
    ],
    ['an index', (on, digest) => on.another().pushManifest('a', indexOf([digest]), INDEX)],
    ['HEAD', (on, digest) => on.another().resolveManifest('a', digest)],
    ['a pull', (on, digest) => on.another().getManifest('a', digest)],
  ]
  test.each(uses)('a manifest that gets %s', async (_, use) => {
    const on = await retaining(NONE)
    const digest = await loose(on)
    rightBefore(on, removes('_manifests/'), () => use(on, digest))
    expect(await retained(on)).toMatchObject({ manifests: 0 })
    expect(on.hook).toBeUndefined()
    await on.store.getManifest('a', digest)
  })

  test('nothing: then it goes', async () => {
    const on = await retaining(NONE)
    await loose(on)
    expect(await retained(on)).toMatchObject({ manifests: 1 })
    expect(await manifestsOf(on, 'a')).toEqual([])
  })

  test('what belongs to an index that stays, since that was tagged again', async () => {
    const on = await retaining(NONE)
    const child = await pushIndex(on, 'a', ['x'])
    const index = await pushParent(on, 'a', [child], ['v1'])
    on.pass(HOUR)
    await on.store.retain()
    on.pass(2 * DAY)
    rightBefore(on, removes('_manifests/'), async () =>
      on.another().pushManifest('a', indexOf([child]), INDEX, { tags: ['v2'] }),
    )
    expect(await retained(on)).toMatchObject({ manifests: 0 })
    expect((await manifestsOf(on, 'a')).sort()).toEqual([child, index].sort())
  })

  test('a referrer that is pushed again keeps its place in the list of its subject', async () => {
    const on = await retaining([{ tags: 'sig*', keep: { last: 0 } }])
    const subject = await pushIndex(on, 'a', [])
    const manifest = indexOf([], subjectOf(subject))
    await on.store.pushManifest('a', manifest, INDEX, { tags: ['sig'] })
    await on.store.deleteManifest('a', subject)
    on.pass(HOUR)
    await on.store.retain()
    on.pass(2 * DAY)
    rightBefore(on, removes('_manifests/'), () => on.another().pushManifest('a', manifest, INDEX))
    expect(await retained(on)).toMatchObject({ manifests: 0 })
    expect((await collect(on.store.referrers('a', subject))).length).toBe(1)
    on.pass(2 * DAY)
    rightBefore(on, removes('_referrers/'), () => on.another().pushManifest('a', manifest, INDEX))
    await on.store.retain()
    expect((await collect(on.store.referrers('a', subject))).length).toBe((await manifestsOf(on, 'a')).length)
  })

  test('a tag whose push was held up for a day between its manifest and the tag', async () => {
    const on = await retaining([{ untagged: '1h' }])
    await on.store.pushManifest('a', indexOf(), INDEX)
    let held = false
    on.hook = async ({ method, key }) => {
      if (held || method !== 'records.put' || !key.includes('_tags/one')) return
      held = true
      for (let i = 0; i < 3; i++) {
        on.pass(20 * HOUR)
        await on.another().retain()
      }
    }
    await on.store.pushManifest('a', indexOf(), INDEX, { tags: ['one', 'two'] })
    await on.store.getManifest('a', 'two')
  })
})

test('cut off at any call, it goes on later; an index never loses a child before itself', async () => {
  for (let cut = 1, cuts = 0; cuts < 1; cut++) {
    const on = await retaining([{ keep: { last: 1 } }])
    for (const tag of ['1', '2']) {
      const child = await pushIndex(on, 'a', [tag])
      await pushIndex(on, 'a', ['signature'], [], subjectOf(child))
      await pushParent(on, 'a', [child], [tag])
    }
    for (const ms of [HOUR, 2 * DAY]) {
      on.pass(ms)
      let calls = 0
      on.hook = () => {
        if (++calls === cut) throw new Error('cut off')
      }
      await on
        .another()
        .retain()
        .catch(() => {})
      on.hook = undefined
      if (calls < cut && ms > HOUR) cuts++
      for (const digest of await manifestsOf(on, 'a')) {
        const text = new TextDecoder().decode((await on.store.getManifest('a', digest)).bytes)
        for (const [child] of text.matchAll(/sha256:[0-9a-f]{64}/g))
          if (text.includes('"tag"')) expect(await manifestsOf(on, 'a')).toContain(child)
      }
    }
    await days(on, 6)
    expect(await tagsOf(on, 'a'), `cut ${cut}`).toEqual(['2'])
    expect((await manifestsOf(on, 'a')).length, `cut ${cut}`).toBe(3)
    for (const { descriptor } of await collect(on.store.referrers('a', (await manifestsOf(on, 'a'))[0]!)))
      expect(await manifestsOf(on, 'a')).toContain(descriptor.digest)
  }
})

describe('a run', () => {
  test('with a limit goes on in the next repository, and begins again after the last', async () => {
    const on = await retaining(NONE)
    for (const repo of ['a', 'b', 'c', 'd']) await pushTags(on, repo, ['1', '2'])
    expect(await on.store.retain({ limit: 3 })).toMatchObject({ tags: 2, repositories: 1, complete: false })
    expect(await on.store.retain({ limit: 5 })).toMatchObject({ tags: 4, repositories: 2, complete: false })
    expect(await on.store.retain({ limit: 5 })).toMatchObject({ tags: 2, repositories: 1, complete: true })
    await pushTags(on, 'a', ['3'])
    expect(await on.store.retain({ signal: AbortSignal.abort() })).toMatchObject({ tags: 0, complete: false })
    expect(await on.store.retain()).toMatchObject({ tags: 1, complete: true })
  })

  test('beside another one removes everything once', async () => {
    const on = await retaining(NONE)
    await pushTags(on, 'a', ['1', '2', '3', '4'])
    const runs = await Promise.all([on.store.retain(), on.another().retain()])
    expect(runs.reduce((sum, { tags }) => sum + tags, 0)).toBe(4)
  })

  test('goes on after a repository that cannot be read', async () => {
    const on = await retaining(NONE)
    for (const repo of ['a', 'b']) await pushTags(on, repo, ['1'])
    on.hook = ({ key }) => {
      if (key.startsWith('repositories/a/_tags')) throw new Error('unreadable')
    }
    await expect(on.store.retain()).rejects.toThrow('unreadable')
    on.hook = undefined
    expect([await tagsOf(on, 'a'), await tagsOf(on, 'b')]).toEqual([['1'], []])
  })

  test('tells what it has freed, and the collector does; a listener that fails stops nothing', async () => {
    const freed: Freed[] = []
    const on = await retaining(NONE, {
      onFreed: (one: Freed) => {
        freed.push(one)
        if (freed.length % 2 > 0) throw new Error('the listener fails')
        return Promise.reject(new Error('later'))
      },
    })
    const [digest] = await pushTags(on, 'a', ['v1'])
    await on.store.retain({ dryRun: true })
    expect(freed).toEqual([])
    await days(on, 6)
    expect(freed.map(({ kind, repository, tag, size }) => [kind, repository, tag, size])).toEqual([
      ['tag', 'a', 'v1', undefined],
      ['manifest', 'a', undefined, expect.any(Number)],
      ['blob', 'a', undefined, 4],
      ['repository', 'a', undefined, undefined],
      ['content', undefined, undefined, 4],
    ])
    expect(freed[0]).toMatchObject({ digest, reason: expect.stringContaining('rule 1: ') })
    expect(freed[1]).toMatchObject({ digest, reason: expect.stringContaining('rule 1: its tag v1 goes') })
  })

  test('over 100 repositories of which none matches reads nothing in them', async () => {
    const on = await retaining([{ repositories: 'none/*', keep: { last: 0 } }])
    for (let i = 0; i < 100; i++) await pushParent(on, `a/${i}`, [], ['x'])
    on.clear()
    expect(await on.store.retain()).toMatchObject({ repositories: 0, complete: true })
    expect(on.calls.filter(({ key }) => key.startsWith('repositories/'))).toEqual([])
  })
})

test('without rules a manifest costs what it always has', async () => {
  const { stage } = await import('./stage.ts')
  const on = stage()
  const digest = await pushIndex(on, 'a', ['x'], ['v1'])
  on.pass(30 * DAY)
  on.clear()
  await on.store.resolveManifest('a', digest)
  await on.store.getManifest('a', 'v1')
  expect(on.calls.map(({ method }) => method)).toEqual(['records.get', 'records.get', 'records.get'])
  expect(await on.store.retain()).toMatchObject({ repositories: 0, complete: true })
  expect(on.calls.length).toBe(3)
})
