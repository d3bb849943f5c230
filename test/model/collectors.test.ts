import process from 'node:process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Op, scenarios } from './programs.ts'
import { goesWell, type Phase } from './race.ts'
import { holds } from './repeatable.ts'
import type { Planned } from './scheduler.ts'
import { SHAPE_NAMES } from './shapes.ts'
import { blind, forgetful, impatient, lateStart, unconditional, untouched } from './spoiled.ts'
import type { Spoil } from './world.ts'

const RUNS = Number(process.env['OCIKIT_RUNS'] ?? 100)
const SEED = process.env['OCIKIT_SEED']
const options = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) }

describe('collectors lose nothing and forget nothing, whatever is delayed, reordered, refused or broken off', () => {
  test.each(SHAPE_NAMES)('over %s', { timeout: 3_600_000 }, async (shape) => {
    await fc.assert(
      fc.asyncProperty(scenarios('collectors'), (scenario) => holds(scenario, shape)),
      options,
    )
  })
})

const push: Op = { do: 'push', repo: 0, blob: 0, arrival: 'bytes', sized: true, right: true }
const pushManifest: Op = { do: 'push manifest', repo: 0, manifest: 0, tags: [0] }
const deleteManifest: Op = { do: 'delete manifest', repo: 0, manifest: 0 }
const mount: Op = { do: 'mount', repo: 1, blob: 0, named: true }
const deleteBlob: Op = { do: 'delete blob', repo: 0, blob: 0 }
const collect: Op = { do: 'collect' }

const RACES = {
  'a push beside collectors, of what was deleted long ago': [
    [0, [push, pushManifest]],
    [38, [{ do: 'sweep' }, deleteManifest]],
    [0, [pushManifest], [collect], [collect]],
  ],
  'a push beside a collector, of what was deleted just now': [
    [0, [push, pushManifest]],
    [1, [deleteManifest]],
    [0, [pushManifest], [collect]],
  ],
  'a mount beside a delete and a collector': [
    [0, [push]],
    [38, [{ do: 'sweep' }]],
    [0, [mount], [deleteBlob], [collect, collect]],
  ],
  'a manifest that stays': [
    [0, [push, pushManifest]],
    [38, [{ do: 'sweep' }, collect]],
  ],
  'a manifest that is deleted': [
    [0, [push, pushManifest, deleteManifest]],
    [38, [{ do: 'sweep' }, collect]],
  ],
  'a blob that is deleted': [
    [0, [push, deleteBlob]],
    [38, [{ do: 'sweep' }, collect]],
  ],
} satisfies Record<string, Phase[]>

/** Somebody who mounts writes the new link when everybody else has ended. */
const SLOW_MOUNT: Planned[] = [{ client: 6, on: 'put blobs/', call: 2, fault: 'slow call' }]

describe('each rule is needed: without it the same checks find what is lost', () => {
  test.each(Object.keys(RACES) as (keyof typeof RACES)[])('with all rules: %s', async (race) => {
    expect(await goesWell(RACES[race], SLOW_MOUNT)).toBe(true)
  })

  test.each([
    ['old links are not written again', untouched, 'a push beside collectors, of what was deleted long ago'],
    [
      'links are removed unconditionally',
      unconditional,
      'a push beside collectors, of what was deleted long ago',
    ],
    [
      'ages are measured against a later time',
      lateStart,
      'a push beside a collector, of what was deleted just now',
    ],
    ['bytes go after one look', impatient, 'a mount beside a delete and a collector'],
    ['manifests are not seen', blind, 'a manifest that stays'],
    ['notes about links are lost', forgetful('refs'), 'a manifest that is deleted'],
    ['notes about bytes are lost', forgetful('content'), 'a blob that is deleted'],
    ['what was seen once is forgotten', forgetful('unlinked'), 'a blob that is deleted'],
  ] satisfies [string, Spoil, keyof typeof RACES][])('%s', async (_, spoil, race) => {
    expect(await goesWell(RACES[race], SLOW_MOUNT, spoil)).toBe(false)
  })
})
