/**
 * Collection of a storage that nobody else uses: nothing has to be waited for.
 * @module
 */

import type { Storage } from '../../storage/index.ts'
import { sharedBudget } from '../budget.ts'
import type { Core } from '../core.ts'
import { expiredUploads, sweepUploads } from '../sweep.ts'
import { recountUsage } from '../usage/recount.ts'
import { removeUnlinked } from './contents.ts'
import { unlinkIn, unlinkUnused } from './links.ts'
import { beginRun, type Collected, type Run } from './run.ts'

/** What `collectAlone()` can be told. */
export interface CollectAloneOptions {
  /** How long ago something must have been used for the last time, in milliseconds (24 hours; 0 is at once). */
  grace?: number
  /** Only say what would be freed (false). */
  dryRun?: boolean
  /** The clock, in milliseconds since 1970 (`Date.now`). */
  now?: () => number
}

const DAY = 24 * 60 * 60_000

/**
 * Frees everything that nothing refers to and nobody has used for the grace period: uploads that have not ended,
 * links, and at once the bytes that nothing links any more. Only for a storage that nobody else uses until this
 * ends: what a client is just pushing would be lost.
 */
export async function collectAlone(
  storage: Storage,
  { grace = DAY, dryRun = false, now = Date.now }: CollectAloneOptions = {},
): Promise<Collected & { sessions: number }> {
  const core: Core = { storage, now, grace, sparse: false, budget: sharedBudget, urlSeconds: 0 }
  const run = beginRun(core, new Map(), { dryRun }, true)
  const sessions = dryRun ? await foresee(run) : (await sweepUploads(core, true)).sessions
  await unlinkUnused(run)
  await removeUnlinked(run)
  await run.attempt(() => recountUsage(run))
  return { sessions, ...run.end() }
}

/** Judges the blobs of uploads that would be removed. Returns how many uploads those are. */
async function foresee(run: Run): Promise<number> {
  for await (const { session, finishes } of expiredUploads(run.core, true)) {
    run.expired.add(session)
    for (const { repo, digest } of finishes)
      await run.attempt(async () => void (await unlinkIn(run, repo, [digest])))
  }
  return run.expired.size
}
