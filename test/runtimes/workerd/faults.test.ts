import { afterAll, describe, test } from 'vitest'
import { type R2Bucket, r2 } from '../../../adapters/storage/r2/index.ts'
import { createStore } from '../../../src/index.ts'
import { startBucket } from '../../storage/r2-bucket.ts'
import { atEachCall, type FallibleWorld } from '../at-each.ts'
import { goodsOf } from '../s3/client.ts'
import { failingBucket, type Mishap } from './failing-bucket.ts'

const MIB = 1024 * 1024

const { bucket, dispose } = await startBucket()
afterAll(dispose)

/** A part of the bucket that nobody has used. Time passes only when somebody waits. */
async function world(): Promise<FallibleWorld<Mishap>> {
  const faults = failingBucket(bucket)
  const prefix = `${crypto.randomUUID()}/`
  let passed = 0
  const pass = (ms: number) => {
    passed += ms
  }
  const now = () => Date.now() + passed
  const clock = { now, sleep: async (ms: number) => pass(ms) }
  const over = (on: R2Bucket) =>
    createStore({ storage: r2(on, { prefix, clock }), now, uploadMemory: 6 * 5 * MIB })
  return { goods: goodsOf(5 * MIB), store: over(faults.bucket), calm: over(bucket), faults, pass }
}

/** Miniflare takes a while for each call, so not all of them go wrong. */
const STEP = 16

describe('an operation of R2 that goes wrong', () => {
  test.each([
    ['error', 0],
    ['lost answer', STEP / 2],
  ] as const)(
    `%s, at every ${STEP}th from the %ith on: nothing partial is visible, and every retry succeeds`,
    { timeout: 240_000 },
    (mishap, first) => atEachCall(world, mishap, { first, step: STEP }),
  )
})
