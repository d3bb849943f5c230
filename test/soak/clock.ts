/**
 * A clock that runs ahead of the real one, and a storage that tells its times by it; so a soak of a minute sees what
 * takes days.
 * @module
 */

import type { Rec, Storage } from '../../src/storage/index.ts'

/** How much faster it runs: a minute is almost seven hours. */
const SPEED = 400
/** What a storage may be wrong about when it tells times in whole seconds, in milliseconds of the fast clock. */
export const COARSE: number = 1000 * SPEED

/** The same in every process that is given the same start. */
export class FastClock {
  /** Real time at which it began, in milliseconds since 1970. */
  readonly start: number
  readonly #jumps: { readonly at: number; readonly by: number }[] = []

  constructor(start: number) {
    this.start = start
  }

  now = (): number => this.at(Date.now())

  /** Its time at a real one. */
  at(real: number): number {
    const jumped = this.#jumps.reduce((sum, { at, by }) => (at <= real ? sum + by : sum), 0)
    return this.start + (real - this.start) * SPEED + jumped
  }

  /** Goes ahead. */
  jump(by: number): void {
    this.#jumps.push({ at: Date.now(), by })
  }
}

/** The same storage, whose records were written when the clock says. */
export function timed(storage: Storage, clock: FastClock): Storage {
  const { records } = storage
  const at = (rec: Rec): Rec => ({ ...rec, modified: clock.at(rec.modified) })
  return {
    ...storage,
    records: {
      get: async (key, options) => {
        const rec = await records.get(key, options)
        return rec && at(rec)
      },
      create: (key, value, options) => records.create(key, value, options),
      put: (key, value, options) => records.put(key, value, options),
      remove: (key, version, options) => records.remove(key, version, options),
      drop: (keys, options) => records.drop(keys, options),
      async *list(prefix, options) {
        for await (const { key, rec } of records.list(prefix, options))
          yield rec ? { key, rec: at(rec) } : { key }
      },
    },
  }
}
