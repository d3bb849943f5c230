import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type S3Options, s3 } from '../../../adapters/storage/s3/index.ts'
import { createStore } from '../../../src/index.ts'
import type { Digest } from '../../../src/oci/index.ts'
import { sha256 } from '../../crash/http.ts'
import { bucketOptions, describeBucket } from '../../storage/s3/bucket.ts'
import { fakeStore } from '../../storage/s3/fake.ts'

const ROUNDS = 100

/** Two writers at one offset, each at a replica of its own; then the rest, and the blob. */
async function round(
  replicas: readonly ReturnType<typeof createStore>[],
  sizes: readonly number[],
): Promise<void> {
  const [one, two] = replicas as [ReturnType<typeof createStore>, ReturnType<typeof createStore>]
  const start = randomBytes(sizes[0]!)
  const begun = await one.startUpload('race')
  const { id } = await one.writeUpload('race', begun.id, start)
  const bodies = [randomBytes(sizes[1]!), randomBytes(sizes[1]!)]
  const options = { offset: start.length, size: sizes[1]! }
  const results = await Promise.allSettled(
    [one, two].map((store, i) => store.writeUpload('race', id, bodies[i]!, options)),
  )
  const winner = results.findIndex(({ status }) => status === 'fulfilled')
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const { reason } = results[1 - winner] as PromiseRejectedResult
  expect(reason).toMatchObject({ status: 416, code: 'RANGE_INVALID' })
  const won = (results[winner] as PromiseFulfilledResult<{ id: string; offset: number }>).value
  expect(won.offset).toBe(start.length + sizes[1]!)
  const end = randomBytes(sizes[2]!)
  const digest = sha256(Buffer.concat([start, bodies[winner]!, end])) as Digest
  await two.finishUpload('race', won.id, digest, { body: end, size: end.length })
  const read = await one.getBlob('race', digest)
  expect(sha256(await read.bytes(100 * 2 ** 20))).toBe(digest)
}

async function replicasOf(options: S3Options) {
  const open = async () => createStore({ storage: await s3(options) })
  return [await open(), await open()]
}

/** Tails alone, and pieces with tails. */
const SIZES = [
  [3, 5, 7],
  [5 * 2 ** 20 + 3, 1000, 10],
]

describe('two writers at one offset', () => {
  test.each(['exact', 'emulated'] as const)(
    `of a store with ${ROUNDS} rounds, removal %s: one gets in, and the bytes are right`,
    { timeout: 120_000 },
    async (removal) => {
      const { options } = fakeStore({ ignores: removal === 'exact' ? [] : ['delete if-match'] })
      const replicas = await replicasOf(options)
      for (let i = 0; i < ROUNDS; i++) await round(replicas, SIZES[i % 20 === 0 ? 1 : 0]!)
    },
  )
})

describeBucket('two writers at one offset of a bucket', () => {
  test(`${ROUNDS} rounds: one gets in, and the bytes are right`, { timeout: 240_000 }, async () => {
    const replicas = await replicasOf(bucketOptions())
    for (let i = 0; i < ROUNDS; i++) await round(replicas, SIZES[i % 20 === 0 ? 1 : 0]!)
  })
})
