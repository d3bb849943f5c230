import { describe, test } from 'vitest'
import { type S3Options, s3 } from '../../../adapters/storage/s3/index.ts'
import { createStore } from '../../../src/index.ts'
import { type Pair, ROUNDS, race } from '../../engine/race.ts'
import { bucketOptions, describeBucket } from '../../storage/s3/bucket.ts'
import { fakeStore } from '../../storage/s3/fake.ts'

async function replicasOf(options: S3Options): Promise<Pair> {
  const open = async () => createStore({ storage: await s3(options) })
  return [await open(), await open()]
}

describe('two writers at one offset', () => {
  test.each(['exact', 'emulated'] as const)(
    `of a store with ${ROUNDS} rounds, removal %s: one gets in, and the bytes are right`,
    { timeout: 120_000 },
    async (removal) => {
      const { options } = fakeStore({ ignores: removal === 'exact' ? [] : ['delete if-match'] })
      await race(await replicasOf(options))
    },
  )
})

describeBucket('two writers at one offset of a bucket', () => {
  test(`${ROUNDS} rounds: one gets in, and the bytes are right`, { timeout: 240_000 }, async () => {
    await race(await replicasOf(bucketOptions()))
  })
})
