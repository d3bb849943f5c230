import process from 'node:process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Op, scenarios } from './programs.ts'
import { holds } from './repeatable.ts'
import type { Planned } from './scheduler.ts'
import { lateRetention, tagless, unconditionalManifest, untouchedManifest } from './spoiled.ts'
import type { Spoil } from './world.ts'

const RUNS = Number(process.env['OCIKIT_RUNS'] ?? 200)
const SEED = process.env['OCIKIT_SEED']
const options = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) }

test('retention beside collectors and clients removes nothing that is needed, and forgets nothing', {
  timeout: 3_600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(scenarios('retention'), (scenario) => holds(scenario)),
    options,
  )
})

const HOUR = 3600
const push: Op = { do: 'push', repo: 0, blob: 0, arrival: 'bytes', sized: true, right: true }
const image = (tags: number[]): Op => ({ do: 'push manifest', repo: 0, manifest: 0, tags })
const index: Op = { do: 'push manifest', repo: 0, manifest: 3, tags: [] }
const retain: Op = { do: 'retain' }

/** What runs at once, after so many hours. */
type Phase = readonly [after: number, ...programs: Op[][]]

const RACES = {
  'an index of a manifest that goes': [
    [0, [push, image([1]), retain]],
    [25, [index], [retain], [retain]],
  ],
  'a tag for a manifest that goes': [
    [0, [push, image([1]), retain]],
    [25, [image([0])], [retain], [retain]],
  ],
  'an index of a manifest that was pushed not long ago': [
    [0, [retain]],
    [13, [push, image([1])]],
    [1, [retain]],
    [10, [index], [retain]],
  ],
  'a tag that stays': [
    [0, [push, image([0]), retain]],
    [38, [retain]],
    [25, [retain]],
  ],
} satisfies Record<string, Phase[]>

/** Whoever pushes at last writes the tag, or the index, when everybody else has ended. */
const SLOW: Planned[] = [
  { client: 3, on: 'put repositories/', call: 2, fault: 'slow call' },
  { client: 9, on: 'put repositories/', call: 1, fault: 'slow call' },
]

/** Plays a race in many orders; whether all went well. */
async function goesWell(race: keyof typeof RACES, spoil?: Spoil): Promise<boolean> {
  const phases = RACES[race].map(([after, ...programs]) => ({ after: after * HOUR, programs }))
  const orders = fc.array(fc.nat(5), { minLength: 1, maxLength: 60 })
  const found = await fc.check(
    fc.asyncProperty(orders, (picks) => holds({ phases, picks, faults: SLOW }, 'a file system', spoil)),
    { numRuns: spoil ? 150 : 40, seed: 1, endOnFailure: true },
  )
  if (found.failed && !spoil) throw found.errorInstance
  return !found.failed
}

describe('each rule is needed: without it the same checks find what is lost', () => {
  test.each(Object.keys(RACES) as (keyof typeof RACES)[])('with all rules: %s', async (race) => {
    expect(await goesWell(race)).toBe(true)
  })

  test.each([
    ['old manifests are not written again', untouchedManifest, 'an index of a manifest that goes'],
    ['manifests are removed unconditionally', unconditionalManifest, 'a tag for a manifest that goes'],
    [
      'ages are measured against a later time',
      lateRetention,
      'an index of a manifest that was pushed not long ago',
    ],
    ['tags are not seen', tagless, 'a tag that stays'],
  ] satisfies [string, Spoil, keyof typeof RACES][])('%s', async (_, spoil, race) => {
    expect(await goesWell(race, spoil)).toBe(false)
  })
})
