/**
 * A collector, as a soak lets it run: whoever else is at work, and maybe not to its end.
 * @module
 */

import { sharedBudget } from '../../src/engine/budget.ts'
import { collectNow } from '../../src/engine/collect/collect.ts'
import type { References } from '../../src/engine/collect/run.ts'
import type { Core } from '../../src/engine/core.ts'
import { createStore } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { mortal } from '../crash/mortal.ts'
import type { FastClock } from './clock.ts'

const HOUR = 3_600_000
/** The grace period; the longest time between using a link and relying on it is still ten minutes. */
export const GRACE: number = 2 * HOUR

/** One run, with the expiry of sessions before it. */
export async function collectOnce(
  storage: Storage,
  clock: FastClock,
  references: References,
): Promise<{ contents: number }> {
  const core: Core = {
    storage,
    now: clock.now,
    grace: GRACE,
    sparse: false,
    budget: sharedBudget,
    urlSeconds: 0,
  }
  await createStore({ storage, now: clock.now, grace: GRACE }).sweep()
  return collectNow(core, references, {})
}

/** A run that dies at a call of the storage, if it gets so far. */
export async function collectUntil(
  storage: Storage,
  clock: FastClock,
  references: References,
  call: number,
): Promise<{ contents: number; died: boolean }> {
  const { storage: dying, death } = mortal(storage, call)
  const run = collectOnce(dying, clock, references).then(({ contents }) => ({ contents, died: false }))
  return Promise.race([run, death.then(() => ({ contents: 0, died: true }))])
}
