/** A cache whose upstream fails all the time: what it gives and what it keeps is right. */

import { expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { type Digest, RegistryError } from '../../src/oci/index.ts'
import { faulty } from '../client/faults.ts'
import { Random } from '../crash/random.ts'
import { blobOf, read, stage, upstream } from './stage.ts'

const SEED = process.env['OCIKIT_SEED'] ?? '7'
const FAULTS = { refuse: 5, lose: 5, drop: 10, truncate: 10, corrupt: 10, busy: 10, delay: 30 }

test(`300 pulls over a wire that fails all the time (seed ${SEED})`, async () => {
  const random = new Random(SEED)
  const there = upstream()
  const blobs = await Promise.all([0, 1, 1000, 70_000, 300_000, 2_000_000].map(blobOf))
  for (const blob of blobs) await there.registry.pushBlob('app', blob, blob.bytes)
  const { fetch, counts } = faulty(there.fetch, FAULTS, () => random.int(0, 999_999) / 1_000_000)
  const client = createClient('upstream.test', { fetch, retry: { tries: 1, firstDelay: 1 } })
  // Small enough that what was kept goes and comes again.
  const { cache, store } = stage({ there: { ...there, client }, maxBytes: 2_200_000 })
  let [right, failed] = [0, 0]
  const pull = async (digest: Digest) => {
    try {
      expect(await read(cache, 'app', digest)).toBe(digest)
      right++
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      failed++
    }
  }
  for (let round = 0; round < 50; round++) {
    await Promise.all(Array.from({ length: 6 }, () => pull(blobs[random.int(0, blobs.length - 1)]!.digest)))
    for (const { digest } of blobs)
      expect([null, digest]).toContain(await read(store, 'app', digest).catch(() => null))
  }
  await cache.idle()
  expect(right).toBeGreaterThan(150)
  expect(failed).toBeGreaterThan(0)
  expect(Object.keys(counts).sort()).toEqual(Object.keys(FAULTS).sort())
})
