/**
 * The lease of a receiver: one process sends to it at a time, so that what is sent comes in order, and no event is on
 * its way twice at once.
 *
 * It is never given back but at the end of a process: a store takes one write a second for each key. A holder renews it
 * before each request that might outlast it. Another process takes it over once it is older than its time by the
 * storage's clock, or was seen unchanged for that long by its own: whatever the clocks say, nobody else then has a request
 * on its way.
 * @module
 */

import { decode, encode, random } from '../engine/index.ts'
import type { Post } from './entry.ts'
import { leaseKey } from './keys.ts'
import { outlasts } from './outlasted.ts'

/** The leases of one process. */
export interface Leases {
  /** Gets the lease of a receiver, or finds that another process has it. */
  take(hook: string): Promise<boolean>
  /** Whether the lease lasts for one more request; renews it if not. False: another process has taken it. */
  hold(hook: string): Promise<boolean>
  /** Gives all back. */
  end(): Promise<void>
}

/** A version of a lease, and when it became ours, by the clock of this process. */
interface Held {
  readonly version: string
  readonly at: number
}

/** Keeps leases for a process. A request ends after `options.timeout`, so that a lease lasts half as long again. */
export function leasesOf(post: Post): Leases {
  const { records, options } = post
  const lasts = options.timeout * 1.5
  const isOver = outlasts(post, lasts)
  const me = random(8)
  const held = new Map<string, Held>()
  const renewing = new Map<string, Promise<boolean>>()

  /** Writes the lease unless somebody else has. Its time begins before that: the answer may take long. */
  const renew = async (hook: string, version: string | null): Promise<boolean> => {
    const at = performance.now()
    const value = encode({ holder: me })
    const key = leaseKey(hook)
    const written =
      version === null ? await records.create(key, value) : await records.put(key, value, { version })
    if (written === null) held.delete(hook)
    else held.set(hook, { version: written, at })
    return written !== null
  }

  return {
    async take(hook) {
      // A run of a Worker may have been ended from outside, and would never say so.
      renewing.delete(hook)
      const lease = await records.get(leaseKey(hook))
      if (!lease) return renew(hook, null)
      // Also one whose answer was lost.
      const mine =
        held.get(hook)?.version === lease.version || decode<{ holder: string }>(lease.value).holder === me
      if (mine && held.has(hook)) return true
      return mine || isOver(hook, lease.version, lease.modified) ? renew(hook, lease.version) : false
    },
    async hold(hook) {
      const mine = held.get(hook)
      if (!mine) return false
      if (performance.now() - mine.at < lasts - options.timeout) return true
      // Once for all who ask meanwhile: the second one would be refused, as if somebody else had the lease.
      const renewed = renewing.get(hook) ?? renew(hook, mine.version).finally(() => renewing.delete(hook))
      renewing.set(hook, renewed)
      return renewed
    },
    async end() {
      const ended = [...held]
      held.clear()
      // One that cannot be given back ends by itself.
      await Promise.allSettled(ended.map(([hook, { version }]) => records.remove(leaseKey(hook), version)))
    },
  }
}
