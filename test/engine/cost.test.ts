/** What things cost where there is much else: storage operations, and entries that are listed. */

import { describe, expect, test } from 'vitest'
import { hours, pushIndex } from './collecting.ts'
import { type Bulk, large } from './large.ts'
import { collect, digestOf, HOUR, push, type Stage, stage } from './stage.ts'

const HUGE: Bulk = { repositories: 100_000, tags: 10 }

function stageWith(bulk: Bulk): Stage {
  return stage({ storage: (inner) => large(inner, bulk) })
}

/** Storage operations, and entries that were taken of listings. */
async function costOf(on: Stage, work: () => Promise<unknown>): Promise<{ calls: number; entries: number }> {
  on.clear()
  await work()
  return { calls: on.calls.length, entries: on.calls.reduce((sum, { taken }) => sum + taken, 0) }
}

/** Pushes an image, deletes it, and lets it be collected to its last byte; the cost of that. */
async function costOfDeleting(bulk: Bulk): Promise<{ calls: number; entries: number }> {
  const on = stageWith(bulk)
  await pushIndex(on, 'app', ['kept', 'shared'], ['kept'])
  await hours(on, 40)
  const image = await pushIndex(on, 'app', ['x', 'y', 'shared'], ['v1', 'v2'])
  return costOf(on, async () => {
    await on.store.deleteManifest('app', image)
    const { links, contents } = await hours(on, 100)
    // Beside its own two blobs, the bytes that its copy of the third has replaced.
    expect({ links, contents }).toEqual({ links: 2, contents: 3 })
    expect(await on.store.resolveBlob('app', digestOf('shared'))).toMatchObject({ size: 6 })
  })
}

test('of a registry with 100,000 repositories and 1,000,000 tags is all there', async () => {
  const on = stageWith(HUGE)
  let repositories = 0
  for await (const name of on.store.repositories()) {
    if (repositories++ % 25_000 === 0) expect((await collect(on.store.tags(name))).length).toBe(10)
  }
  expect(repositories).toBe(100_000)
})

describe('in a registry with 100,000 repositories and 1,000,000 tags', () => {
  test('one deleted image is collected by as many operations as in an empty one', async () => {
    const alone = await costOfDeleting({ repositories: 0, tags: 0 })
    expect(await costOfDeleting(HUGE)).toEqual(alone)
    expect(alone.calls / 100, 'operations in each hourly run').toBeLessThan(20)
  })

  test('a push and a pull cost as much as in an empty one', async () => {
    const cost = async (bulk: Bulk) => {
      const on = stageWith(bulk)
      await on.store.startUpload('app')
      return costOf(on, async () => {
        await pushIndex(on, 'app', ['x', 'y'], ['v1'])
        await on.store.getManifest('app', 'v1')
      })
    }
    expect(await cost(HUGE)).toEqual(await cost({ repositories: 0, tags: 0 }))
  })

  test.each(['bulk/000000', 'bulk/050000', 'bulk/099899'])(
    'a page of the catalog after %s costs as much as of 1,000 repositories',
    async (after) => {
      const page = (at: string) => async (on: Stage) => {
        expect((await collect(on.store.repositories({ after: at, limit: 100 }))).length).toBe(100)
      }
      const small = stageWith({ repositories: 1000, tags: 1 })
      const huge = stageWith(HUGE)
      const expected = await costOf(small, () => page('bulk/000500')(small))
      expect(await costOf(huge, () => page(after)(huge))).toEqual(expected)
      expect(expected).toEqual({ calls: 1, entries: 100 })
    },
  )

  test('a page of 1,000,000 tags of one repository costs as much as of 1,000', async () => {
    const page = async (tags: number, after: string) => {
      const on = stageWith({ repositories: 1, tags })
      return costOf(on, async () => {
        expect((await collect(on.store.tags('bulk/000000', { after, limit: 100 }))).length).toBe(100)
      })
    }
    const small = await page(1000, 'v000500')
    expect(await page(1_000_000, 'v000500')).toEqual(small)
    expect(await page(1_000_000, 'v999000')).toEqual(small)
    expect(small).toEqual({ calls: 1, entries: 100 })
  })

  test('a blob that 1,000 repositories have is pushed to another one in as many operations as beside 10', async () => {
    const cost = async (repositories: number) => {
      const on = stage()
      const digest = await push(on.store, 'base', 'shared')
      for (let i = 0; i < repositories; i++) await on.store.mountBlob(`app/${i}`, digest, { from: 'base' })
      on.pass(HOUR)
      return costOf(on, () => push(on.store, 'new', 'shared'))
    }
    expect(await cost(1_000)).toEqual(await cost(10))
  })
})
