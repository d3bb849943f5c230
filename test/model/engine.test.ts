import process from 'node:process'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import { scenarios } from './programs.ts'
import { holds } from './repeatable.ts'
import { SHAPE_NAMES } from './shapes.ts'

const RUNS = Number(process.env['OCIKIT_RUNS'] ?? 400)
const SEED = process.env['OCIKIT_SEED']
const options = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) }
const CUT = SHAPE_NAMES.filter((shape) => shape !== 'a file system')

describe('the engine keeps its promises, whatever is delayed, reordered, refused or broken off', () => {
  test.each(['everything', 'uploads', 'manifests'] as const)('%s', { timeout: 3_600_000 }, async (about) => {
    await fc.assert(
      fc.asyncProperty(scenarios(about), (scenario) => holds(scenario)),
      options,
    )
  })

  test.each(CUT)('uploads over %s', { timeout: 3_600_000 }, async (shape) => {
    await fc.assert(
      fc.asyncProperty(scenarios('uploads'), (scenario) => holds(scenario, shape)),
      options,
    )
  })
})
