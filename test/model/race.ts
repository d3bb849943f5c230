/**
 * Races that were written down: the same programs in many orders, with all rules or without one of them.
 * @module
 */

import fc from 'fast-check'
import type { Op } from './programs.ts'
import { holds } from './repeatable.ts'
import type { Planned } from './scheduler.ts'
import type { Spoil } from './world.ts'

const HOUR = 3600

/** What runs at once, after so many hours. */
export type Phase = readonly [after: number, ...programs: Op[][]]

/** Plays a race in many orders; whether all went well. */
export async function goesWell(
  race: readonly Phase[],
  faults: readonly Planned[],
  spoil?: Spoil,
): Promise<boolean> {
  const phases = race.map(([after, ...programs]) => ({ after: after * HOUR, programs }))
  const orders = fc.array(fc.nat(5), { minLength: 1, maxLength: 60 })
  const found = await fc.check(
    fc.asyncProperty(orders, (picks) =>
      holds({ phases, picks, faults: [...faults] }, 'a file system', spoil),
    ),
    { numRuns: spoil ? 150 : 40, seed: 1, endOnFailure: true },
  )
  if (found.failed && !spoil) throw found.errorInstance
  return !found.failed
}
