import { describe, expect, test } from 'vitest'
import { type S3Options, s3 } from '../../../adapters/storage/s3/index.ts'
import { createStore } from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { DAY, keysOf } from '../../engine/stage.ts'
import { bucketOptions, describeBucket } from '../../storage/s3/bucket.ts'
import { fakeStore } from '../../storage/s3/fake.ts'
import { atEachCall, type FallibleWorld } from '../at-each.ts'
import { goodsOf } from './client.ts'
import { failingFetch, MISHAPS, type Mishap } from './failing-fetch.ts'

/** A world in which a request can go wrong. */
interface Stage extends FallibleWorld<Mishap> {
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
      await atEachCall(make, mishap, {
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
    '%s at every ninth: nothing partial is visible, and every retry succeeds',
    { timeout: 240_000 },
    (mishap) =>
      atEachCall(() => stageOn({ ...bucketOptions(), wait: async () => {} }, 0), mishap, { step: 9 }),
  )
})
