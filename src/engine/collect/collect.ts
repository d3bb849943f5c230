/**
 * The collector: frees what no manifest refers to, while clients push, and without stopping anybody.
 *
 * Three passes, each over notes that were left where something may have become unused, so that work follows
 * change and not size. Links first, then bytes, each as its file says. It may be cut off anywhere, and several may
 * run at once. What was pushed but never referred to gets its note when its upload session expires: `sweep.ts`.
 * @module
 */

import { RegistryError } from '../../oci/index.ts'
import type { Traits } from '../../storage/index.ts'
import type { Core } from '../core.ts'
import { recountUsage } from '../usage/recount.ts'
import { removeUnlinked } from './contents.ts'
import { endLease, isTaken } from './lease.ts'
import { unlinkUnused } from './links.ts'
import { beginRun, type Collected, type CollectOptions, type References } from './run.ts'

/**
 * Frees what is due, unless another collector is at work.
 * @param references What manifests refer to, remembered from one run to the next.
 * @throws {@link RegistryError} `UNSUPPORTED` where the storage promises too little.
 */
export async function collectGarbage(
  core: Core,
  references: References,
  options: CollectOptions,
): Promise<Collected> {
  requireSafety(core.storage.traits)
  if (options.dryRun) return collectNow(core, references, options)
  if (await isTaken(core)) return { ...beginRun(core, references, {}).freed, complete: false }
  try {
    return await collectNow(core, references, options)
  } finally {
    await endLease(core)
  }
}

/** Frees what is due, whoever else does. */
export async function collectNow(
  core: Core,
  references: References,
  options: CollectOptions,
): Promise<Collected> {
  const run = beginRun(core, references, options)
  await unlinkUnused(run)
  await removeUnlinked(run)
  await run.attempt(() => recountUsage(run))
  return run.end()
}

/** @throws {@link RegistryError} `UNSUPPORTED` */
function requireSafety({ consistency, remove }: Traits): void {
  if (consistency === 'strong' && remove !== 'none') return
  const why =
    consistency === 'strong'
      ? 'it cannot remove a record on condition that it has not changed'
      : 'what it has written is not seen at once'
  throw new RegistryError(
    'UNSUPPORTED',
    `space cannot be freed while this storage is in use: ${why}. Nothing is lost, but nothing goes`,
  )
}
