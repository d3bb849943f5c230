/**
 * A storage on which any call may fail.
 * @module
 */

import { RegistryError } from '../../src/oci/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { mishapping } from '../engine/failing.ts'

/** How likely a call is to fail; half of those that do have had their effect. */
const CHANCE = 1 / 400

/** A storage and its faults. */
interface Faulty {
  readonly storage: Storage
  /** From now on everything goes well. */
  stop(): void
}

/** The same storage, but any call may fail, as when the store is down for a moment. */
export function faulty(inner: Storage): Faulty {
  let stopped = false
  const next = () => {
    if (stopped || Math.random() >= CHANCE) return null
    return Math.random() < 0.5 ? 'error' : 'lost answer'
  }
  return {
    storage: mishapping(inner, next, (why) => new RegistryError('UNAVAILABLE', why)),
    stop: () => {
      stopped = true
    },
  }
}

/** Whether this is one of the faults, as whoever calls the engine sees it. */
export function isFault(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'UNAVAILABLE'
}
