/** Copies of an image of two platforms with referrers, over two wires that fail all the time. */

import { expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { copy } from '../../src/transfer/index.ts'
import { type Faults, faulty } from '../client/faults.ts'
import { Random } from '../crash/random.ts'
import { fill, makeImage, missingOf } from './images.ts'

const SEED = process.env['OCIKIT_SEED'] ?? '1'
const ROUNDS = 200
/** At once, since most of the time they wait to try again. */
const LANES = 40
const FAULTS: Faults = { refuse: 3, lose: 3, drop: 5, truncate: 3, corrupt: 5, busy: 5, delay: 5 }

test(`${ROUNDS} copies, all right`, { timeout: 180_000 }, async () => {
  const random = new Random(SEED)
  const image = await makeImage(1, 30_000)
  const side = () => {
    const served = testRegistry()
    const wire = faulty(served.fetch, FAULTS, () => random.int(0, 999_999) / 1_000_000)
    const retry = { tries: 8, firstDelay: 1, maxDelay: 4 }
    return { served, wire, client: createClient('https://registry.test', { fetch: wire.fetch, retry }) }
  }
  const [source, destination] = [side(), side()]
  await fill(source.served.registry, 'app', image)
  let failed = 0
  const copyOnce = async (round: number): Promise<void> => {
    const repository = `copy/${round}`
    const again = async (left: number): Promise<void> => {
      try {
        const from = { registry: source.client, repository: 'app', reference: 'v1' }
        const how = { referrers: true, tries: 6, chunked: round % 2 === 1 }
        await copy(from, { registry: destination.client, repository }, how)
      } catch (error) {
        failed++
        if (left === 0) throw error
        await again(left - 1)
      }
    }
    // A push whose answer was lost may be told as an error: then the same copy again has to do.
    await again(3)
    const whole = { blobs: image.blobs, manifests: [...image.images, image.index, ...image.referrers] }
    expect(await missingOf(destination.served.registry, repository, whole)).toEqual([])
    const named = await destination.served.registry.resolveManifest(repository, 'v1')
    expect(named.digest).toBe(image.index.digest)
  }
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    for (let round = lane; round < ROUNDS; round += LANES) await copyOnce(round)
  })
  await Promise.all(lanes)
  const faults = Object.values({ ...destination.wire.counts }).reduce((sum, count) => sum + count, 0)
  expect(faults).toBeGreaterThan(ROUNDS)
  expect(failed).toBeLessThan(ROUNDS / 10)
})
