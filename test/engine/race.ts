/**
 * Two writers at one offset of an upload, again and again.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { Store } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { each } from '../../src/transfer/pool.ts'
import { sha256 } from '../crash/http.ts'

export const ROUNDS = 100
/** Rounds at a time: each has an upload of its own, and waits for a store for the most part. */
const LANES = 4

/** Stores over one storage: of two processes, or two of one. */
export type Pair = readonly [Store, Store]

/** Lengths of the beginning, of what two write at once, and of the end: mostly tails alone, some pieces with tails. */
const SMALL = [3, 5, 7] as const
const LARGE = [5 * 2 ** 20 + 3, 1000, 10] as const

/** All rounds: each time one gets in, and the bytes are right. */
export async function race(pair: Pair): Promise<void> {
  await each(Array.from({ length: ROUNDS }).keys(), LANES, (no) => round(pair, no % 20 === 0 ? LARGE : SMALL))
}

/** Two writers at one offset, each at a replica of its own; then the rest, and the blob. */
async function round([one, two]: Pair, sizes: readonly [number, number, number]): Promise<void> {
  const start = randomBytes(sizes[0])
  const begun = await one.startUpload('race')
  const { id } = await one.writeUpload('race', begun.id, start)
  const bodies = [randomBytes(sizes[1]), randomBytes(sizes[1])]
  const options = { offset: start.length, size: sizes[1] }
  const results = await Promise.allSettled(
    [one, two].map((store, i) => store.writeUpload('race', id, bodies[i]!, options)),
  )
  const winner = results.findIndex(({ status }) => status === 'fulfilled')
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const { reason } = results[1 - winner] as PromiseRejectedResult
  expect(reason).toMatchObject({ status: 416, code: 'RANGE_INVALID' })
  const won = (results[winner] as PromiseFulfilledResult<{ id: string; offset: number }>).value
  expect(won.offset).toBe(start.length + sizes[1])
  const end = randomBytes(sizes[2])
  const digest = sha256(Buffer.concat([start, bodies[winner]!, end])) as Digest
  await two.finishUpload('race', won.id, digest, { body: end, size: end.length })
  const read = await one.getBlob('race', digest)
  expect(sha256(await read.bytes(100 * 2 ** 20))).toBe(digest)
}
