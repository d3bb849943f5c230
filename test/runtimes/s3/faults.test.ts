import { describe, expect, test } from 'vitest'
import { type S3Options, s3 } from '../../../adapters/storage/s3/index.ts'
import { createStore } from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { DAY, keysOf } from '../../engine/stage.ts'
import { bucketOptions, describeBucket } from '../../storage/s3/bucket.ts'
import { fakeStore } from '../../storage/s3/fake.ts'
import { checkVisible, goodsOf, type World, wholeLife } from './client.ts'
import { type FailingFetch, failingFetch, MISHAPS } from './failing-fetch.ts'

/** A world in which a request can go wrong. */
interface Stage extends World {
  readonly faults: FailingFetch
  /** Looks into the bucket. */
  readonly keys: (prefix: string) => Promise<string[]>
}

/** @param min Fewest bytes of a piece, for stores that do not insist on more. */
async function stageOn(options: S3Options, retries: number, min?: number): Promise<Stage> {
  const faults = failingFetch(options.fetch ?? fetch)
  const opened = async (more: Partial<S3Options>): Promise<Storage> => {
    const { contents, ...rest } = await s3({ ...options, ...more })
    const pieces = min === undefined ? contents.pieces : { ...contents.pieces, min }
    return { ...rest, contents: { ...contents, pieces } }
  }
  const storage = await opened({ retries, fetch: faults.fetch })
  const calm = await opened({})
  let passed = 0
  const now = () => Math.floor((options.now ?? Date.now)()) + passed
  const uploadMemory = min === undefined ? {} : { uploadMemory: 12 * min }
  return {
    goods: goodsOf(storage.contents.pieces.min),
    store: createStore({ storage, now, ...uploadMemory }),
    calm: createStore({ storage: calm, now }),
    faults,
    pass: (ms) => {
      passed += ms
    },
    keys: (prefix) => keysOf(calm, prefix),
  }
}

/** Lives a whole life for each request that can go wrong; looks at the world after each. */
async function atEachRequest(
  make: () => Promise<Stage>,
  mishap: (typeof MISHAPS)[number],
  { step = 1, after = async () => {} }: { step?: number; after?: (stage: Stage) => Promise<void> } = {},
): Promise<void> {
  const quiet = await make()
  const begin = quiet.faults.count()
  await wholeLife(quiet)
  const requests = quiet.faults.count() - begin
  expect(requests).toBeGreaterThan(40)
  for (let at = 0; at < requests; at += step) {
    const stage = await make()
    stage.faults.plan(at, mishap)
    try {
      await wholeLife(stage)
      await checkVisible(stage)
      await after(stage)
    } catch (cause) {
      throw new Error(`request ${at} of ${requests}`, { cause })
    }
  }
}

describe.each([
  ['the engine', 0],
  ['the driver', 4],
] as const)('a request to the store that goes wrong, for %s to deal with', (_, retries) => {
  test.each(MISHAPS)(
    '%s at each: nothing partial is visible, every retry succeeds, and expiry leaves nothing behind',
    async (mishap) => {
      let fake = fakeStore()
      const make = () => {
        // What was found out about the store need not be found out each time.
        const known = fake.objects.get('ocikit.json')
        fake = fakeStore()
        if (known) fake.objects.set('ocikit.json', known)
        return stageOn(fake.options, retries, 10_000)
      }
      await atEachRequest(make, mishap, {
        async after({ calm, pass, keys }) {
          pass(3 * DAY)
          await calm.sweep()
          expect(await keys('uploads/')).toEqual([])
          expect(fake.uploads.size).toBe(0)
          const text = (key: string) => new TextDecoder().decode(fake.objects.get(key)!.bytes)
          // What remains is what a link names, or what the collector was told of.
          const all = [...fake.objects.keys()]
          const named = all.filter((key) => /^records\/(blobs|gc)\//.test(key)).map(text)
          for (const key of all.filter((each) => each.startsWith('content/')))
            expect(
              named.some((record) => record.includes(key)),
              key,
            ).toBe(true)
        },
      })
    },
  )
})

describeBucket('a request to a bucket that goes wrong', () => {
  test.each(MISHAPS)(
    '%s at every third: nothing partial is visible, and every retry succeeds',
    { timeout: 240_000 },
    (mishap) =>
      atEachRequest(() => stageOn({ ...bucketOptions(), wait: async () => {} }, 0), mishap, { step: 3 }),
  )
})
