/**
 * Use before rely: whoever writes what relies on a link has used that link shortly before, so that the collector
 * either sees what was written or leaves the link alone.
 * @module
 */

import { RegistryError } from '../oci/index.ts'
import type { Core } from './core.ts'

/** Longest time between using a link and the write that relies on it, in milliseconds: D of the collection protocol. */
const DEADLINE = 10 * 60_000

/** That time, scaled down with a short grace period. */
export function deadlineOf({ grace }: Pick<Core, 'grace'>): number {
  return Math.min(DEADLINE, grace / 4)
}

/**
 * How long after it has taken its session a finish may link without looking whether that is still there: half of what
 * lies between the deadline and the silence after which a session expires.
 */
export function sureFor(core: Pick<Core, 'grace' | 'storage'>): number {
  return (core.grace / 2 - deadlineOf(core) - core.storage.traits.skew) / 2
}

/** Checks that come too late before giving up. */
const MAX_TRIES = 3

/**
 * Runs `check`, which uses links, and then `write`, which relies on them; if that would be too late, checks
 * again. Neither a wall clock that is set back nor a machine that sleeps stretches the promise.
 */
export async function relyOn<Checked, Written>(
  core: Core,
  check: () => Promise<Checked>,
  write: (checked: Checked) => Written | Promise<Written>,
): Promise<Written> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const passed = stopwatch(core)
    const checked = await check()
    if (passed() < deadlineOf(core)) return write(checked)
  }
  throw new RegistryError('UNAVAILABLE', 'the storage is too slow to check what this refers to: try again')
}

/** The time since now by the clock that has moved further: one may be corrected, the other may sleep. */
export function stopwatch({ now }: Pick<Core, 'now'>): () => number {
  const [wall, steady] = [now(), performance.now()]
  return () => Math.max(now() - wall, performance.now() - steady)
}
