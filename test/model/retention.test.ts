import process from 'node:process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Op, scenarios } from './programs.ts'
import { goesWell, type Phase } from './race.ts'
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

const push: Op = { do: 'push', repo: 0, blob: 0, arrival: 'bytes', sized: true, right: true }
const image = (tags: number[]): Op => ({ do: 'push manifest', repo: 0, manifest: 0, tags })
const index: Op = { do: 'push manifest', repo: 0, manifest: 3, tags: [] }
const retain: Op = { do: 'retain' }

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

describe('each rule is needed: without it the same checks find what is lost', () => {
  test.each(Object.keys(RACES) as (keyof typeof RACES)[])('with all rules: %s', async (race) => {
    expect(await goesWell(RACES[race], SLOW)).toBe(true)
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
    expect(await goesWell(RACES[race], SLOW, spoil)).toBe(false)
  })
})
