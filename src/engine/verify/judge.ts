/**
 * From a fault to a finding. Others may write at any time, so a fault counts only if the record in which it was seen is
 * still the same afterwards; and nothing is changed but what is.
 * @module
 */

import type { Entry, Rec } from '../../storage/index.ts'
import { setAside } from './aside.ts'
import type { Finding, Outcome } from './report.ts'
import { type Run, reread } from './run.ts'

/** Something that seems to be wrong with a record. */
export interface Fault extends Omit<Finding, 'at' | 'outcome'> {
  /** What else must be so that it counts, asked after the record was read again. */
  readonly still?: () => Promise<boolean>
  /** Makes it better; `null` if something has changed meanwhile. */
  readonly mend?: (rec: Rec) => Promise<Outcome | null>
}

/** Lost races before a record is left alone: whoever writes it all the time keeps it well. */
const MAX_RACES = 5

/**
 * Reports the faults of a record.
 * @param faultsOf Looks for them; asked again for each version of the record.
 * @returns whether something was set aside.
 */
export async function judge(
  run: Run,
  { key, rec: first }: Entry,
  faultsOf: (rec: Rec) => Promise<readonly Fault[]>,
): Promise<boolean> {
  return careful(run, key, async () => {
    let rec: Rec | null = first ?? null
    for (let race = 0; rec !== null && race < MAX_RACES; race++) {
      const faults = await faultsOf(rec)
      if (faults.length === 0) return false
      const now = await reread(run, key)
      if (now?.version === rec.version) {
        const outcomes = await settle(run, key, now, faults)
        if (outcomes !== null) return outcomes.includes('set aside')
      }
      rec = await reread(run, key)
    }
    return false
  })
}

/** Reports faults that count, and mends them if that is wanted; `null` if something has changed meanwhile. */
async function settle(run: Run, key: string, rec: Rec, faults: readonly Fault[]): Promise<Outcome[] | null> {
  const outcomes: Outcome[] = []
  for (const { still, mend, ...fault } of faults) {
    if (still && !(await still())) continue
    const outcome = run.repair && mend ? await mend(rec) : 'found'
    if (outcome === null) return null
    run.find({ ...fault, at: key, outcome })
    outcomes.push(outcome)
  }
  return outcomes
}

/** Mends a record by taking it out of use. */
export function aside(run: Run, key: string): (rec: Rec) => Promise<Outcome | null> {
  return async (rec) => ((await setAside(run, key, rec)) ? 'set aside' : null)
}

/** Mends a record by writing it anew. */
export function rewrite(
  run: Run,
  key: string,
  value: () => Uint8Array,
): (rec: Rec) => Promise<Outcome | null> {
  return async ({ version }) =>
    (await run.core.storage.records.put(key, value(), { version })) === null ? null : 'mended'
}

/** Does something that may find the storage at fault: that is said, and what is left is looked at all the same. */
export async function careful(run: Run, at: string, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work()
  } catch (error) {
    if (run.call.signal?.aborted) throw error
    const why = error instanceof Error ? error.message : String(error)
    run.find({ problem: 'unreadable', text: `cannot be read: ${why}`, at, outcome: 'found' })
    return false
  }
}
