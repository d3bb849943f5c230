/**
 * The check: whether what is stored is whole, while clients push and pull.
 *
 * It goes through all records in the order of their keys, links first, so that blobs that are damaged are known before
 * the manifests that need them; then through all contents, for what nothing names. It holds a batch of records, or a
 * shard of places, at a time, and can be cut short and gone on with anywhere. What each part looks for is said in its
 * file; `judge.ts` says when something that looks wrong is.
 * @module
 */

import { RegistryError } from '../../oci/index.ts'
import type { Entry, Storage } from '../../storage/index.ts'
import { sharedBudget } from '../budget.ts'
import type { Core } from '../core.ts'
import {
  AUTH,
  CATALOG,
  CONFIG,
  CONTENTS,
  DAMAGED,
  GC,
  LINKS,
  OUTBOX,
  REPOSITORIES,
  UPLOADS,
  USAGE,
} from '../keys.ts'
import { batchesOf } from './batches.ts'
import { checkAside, checkCatalog, checkNothing, checkOwn } from './catalog.ts'
import { checkLinks, strayRecord } from './links.ts'
import type { CheckReport } from './report.ts'
import { checkRepositories } from './repositories.ts'
import { beginRun, type CheckOptions, type Run } from './run.ts'
import { checkContents, checkFiles, isListed } from './strays.ts'

/** The parts of the key space, in order. Those of contents are places; some storages list them with the records. */
const PARTS: readonly {
  prefix: string
  check: ((run: Run, entries: readonly Entry[]) => Promise<void>) | null
}[] = [
  { prefix: AUTH, check: checkOwn },
  { prefix: LINKS, check: checkLinks },
  { prefix: CATALOG, check: checkCatalog },
  { prefix: CONFIG, check: checkOwn },
  { prefix: CONTENTS, check: null },
  { prefix: DAMAGED, check: checkAside },
  { prefix: GC, check: checkOwn },
  { prefix: OUTBOX, check: checkOwn },
  { prefix: REPOSITORIES, check: checkRepositories },
  { prefix: UPLOADS, check: checkOwn },
  { prefix: USAGE, check: checkNothing },
]

/** Sorts after every key of ours that begins with what stands before it. */
const LAST = '\uffff'
const RECORDS_CURSOR = 'records:'
const CONTENTS_CURSOR = 'contents:'
const DAY = 24 * 60 * 60_000

async function checkCore(core: Core, options: CheckOptions, alone: boolean): Promise<CheckReport> {
  const run = beginRun(core, options, alone)
  requireRepair(run)
  const { after = RECORDS_CURSOR, limit = Number.POSITIVE_INFINITY, signal, onProgress } = options
  if (!after.startsWith(RECORDS_CURSOR) && !after.startsWith(CONTENTS_CURSOR))
    throw new TypeError('after must be the cursor of a report')
  let cursor: string = after
  let left = limit
  try {
    for await (const step of stepsFrom(run, after, () => left)) {
      cursor = step.cursor
      left -= step.count
      onProgress?.(cursor)
      if (left <= 0 || signal?.aborted) return run.tally.report(cursor)
    }
    return run.tally.report(null)
  } catch (error) {
    // Whatever fails because it was told to stop has not failed.
    if (signal?.aborted) return run.tally.report(cursor)
    throw error
  }
}

/** What `checkStorage()` can be told. */
export interface CheckStorageOptions extends CheckOptions {
  /** Nobody else uses it until this ends, so that nothing can be under way (false). */
  alone?: boolean
  /** Manifests may refer to what is not here (false). */
  sparse?: boolean
  /** The grace period of the servers that use it, in milliseconds (24 hours). */
  grace?: number
  /** The clock, in milliseconds since 1970 (`Date.now`). */
  now?: () => number
}

/**
 * Whether what is stored is whole: all records, the bytes of all blobs, and what nothing names. Changes nothing unless
 * it is to repair. It may run beside the servers of the storage: what was written in the last minutes and could still
 * be under way is not judged. Safe at any time, in several processes and when it is cut off.
 * @throws TypeError for options that cannot be; {@link RegistryError} `UNSUPPORTED` for a repair where the storage
 *   promises too little; whatever the storage throws where it fails as a whole: what it fails for in one place is a
 *   finding.
 */
export function checkStorage(
  storage: Storage,
  { alone = false, sparse = false, grace = DAY, now = Date.now, ...options }: CheckStorageOptions = {},
): Promise<CheckReport> {
  return checkCore({ storage, now, grace, sparse, budget: sharedBudget, urlSeconds: 0 }, options, alone)
}

function requireRepair({ repair, core }: Run): void {
  const { consistency, remove } = core.storage.traits
  if (!repair || (consistency === 'strong' && remove !== 'none')) return
  throw new RegistryError(
    'UNSUPPORTED',
    'this storage cannot be repaired while it is in use: what it has written is not seen at once',
  )
}

/** A part of the way. */
interface Step {
  /** All before this was looked at. */
  readonly cursor: string
  /** Records and contents in it. */
  readonly count: number
}

async function* stepsFrom(run: Run, after: string, most: () => number): AsyncGenerator<Step, void, void> {
  if (after.startsWith(RECORDS_CURSOR)) yield* recordSteps(run, after.slice(RECORDS_CURSOR.length), most)
  const place = after.startsWith(CONTENTS_CURSOR) ? after.slice(CONTENTS_CURSOR.length) : ''
  const { contents } = run.core.storage
  if (isListed(contents)) {
    for await (const { place: last, count } of checkContents(run, contents, place, most))
      yield { cursor: CONTENTS_CURSOR + last, count }
  }
  await checkFiles(run)
}

async function* recordSteps(run: Run, after: string, most: () => number): AsyncGenerator<Step, void, void> {
  let end = ''
  for (const { prefix, check } of PARTS) {
    if (after < prefix) await checkGap(run, after > end ? after : end, prefix)
    end = prefix + LAST
    if (check === null || after > end) continue
    const from = after.startsWith(prefix) ? after : ''
    for await (const entries of batchesOf(run, prefix, from, most)) {
      await check(run, entries)
      yield { cursor: RECORDS_CURSOR + entries.at(-1)!.key, count: entries.length }
    }
  }
  await checkGap(run, after > end ? after : end, LAST)
}

/** Between two parts of the key space there is nothing. */
async function checkGap(run: Run, after: string, end: string): Promise<void> {
  const bounds = after === '' ? run.call : { ...run.call, after }
  for await (const { key } of run.core.storage.records.list('', bounds)) {
    if (key >= end) return
    strayRecord(run, key)
  }
}
