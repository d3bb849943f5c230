/**
 * The lease: several collectors are safe, but one is enough.
 * @module
 */

import type { Core } from '../core.ts'
import { LEASE } from '../keys.ts'
import { encode } from '../record.ts'

/** A collector without a sign of life for so long, in milliseconds, is waited for no longer. */
const LEASE_TIME = 10 * 60_000

/** Whether another collector seems to be at work. */
export async function isTaken(core: Core): Promise<boolean> {
  const lease = await core.storage.records.get(LEASE)
  return lease !== null && core.now() - lease.modified < Math.min(LEASE_TIME, core.grace / 4)
}

/**
 * The time by the storage's clock, and a sign of life. Should another collector write at the same moment, it is
 * that one's time: what is read or listed after this call begins later all the same.
 */
export async function storageTime(core: Core): Promise<number> {
  const { records } = core.storage
  for (;;) {
    await records.put(LEASE, encode({}))
    const lease = await records.get(LEASE)
    // Another one that has just ended may have removed it.
    if (lease) return lease.modified
  }
}

/** Lets others begin at once. */
export async function endLease(core: Core): Promise<void> {
  const lease = await core.storage.records.get(LEASE)
  if (lease) await core.storage.records.remove(LEASE, lease.version)
}
