import type { Digest, Tag } from '../../oci/index.ts'
import type { Core } from '../core.ts'
import { RETENTION } from '../keys.ts'
import { decode, encode } from '../record.ts'
import type { CheckedRule } from './rules.ts'
import type { Times } from './tags.ts'

/** What `retain()` can be told. */
export interface RetainOptions {
  /** Only say what would go now (false). */
  dryRun?: boolean
  /** Is told, one after the other, what becomes of each tag and of each manifest that no tag keeps, and why. */
  report?: (verdict: RetentionVerdict) => void
  /** Tags and manifests after which a run ends, where it has to be short; the next run goes on (no limit). */
  limit?: number
  /** Ends the run between two repositories; the next run goes on. */
  signal?: AbortSignal
}

/** What becomes of a tag or a manifest. */
export interface RetentionVerdict {
  /** Its name. */
  readonly repository: string
  /** Absent for a manifest. */
  readonly tag?: Tag
  /** Of the manifest, or of what the tag names. */
  readonly digest: Digest
  /** Whether it is still there afterwards. */
  readonly stays: boolean
  /** Names of the rules that say so, with commas between them; absent if it is not by a rule. */
  readonly rule?: string
  /** For people. */
  readonly why: string
}

/** What retention has removed, or in a dry run would remove. */
export interface Retained {
  /** Tags. */
  readonly tags: number
  /** Manifests; the collector frees their blobs. */
  readonly manifests: number
  /** Repositories that were looked at. */
  readonly repositories: number
  /** Repositories with more tags or manifests than fit into memory: nothing in them was judged. */
  readonly skipped: readonly string[]
  /** False if something was left to the next run. */
  readonly complete: boolean
}

/** One run of retention. */
export interface RetentionRun {
  readonly core: Core
  readonly rules: readonly CheckedRule[]
  readonly options: RetainOptions
  /** Nobody else uses the storage. */
  readonly alone: boolean
  readonly times: Times
  /** Everybody who pushes has used manifests for long enough that they may be removed. */
  readonly settled: boolean
  /** The last repository that an earlier run has come to, if that was cut short. */
  readonly after: string | undefined
  readonly done: {
    tags: number
    manifests: number
    repositories: number
    skipped: string[]
    complete: boolean
  }
}

/** The record of all runs. */
interface Past {
  /** Since when every pull has been noted; absent: since this was written. */
  readonly since?: number
  /** The repositories that it holds for. */
  readonly scope: string
  readonly after?: string
}

/** Without a run for so long, in milliseconds, retention counts as having been off. */
const OFF = 3 * 24 * 3_600_000

/**
 * Begins a run: its time is that of the storage's clock, before anything is listed. Only a run of a server, which notes
 * pulls, counts as one: a dry run and one that is alone leave the record as it is.
 */
export async function beginRetention(
  core: Core,
  rules: readonly CheckedRule[],
  options: RetainOptions,
  alone: boolean,
): Promise<RetentionRun> {
  const { records } = core.storage
  const scope = JSON.stringify([...new Set(rules.flatMap(({ repositories }) => repositories))].sort())
  const rec = await records.get(RETENTION)
  const past = rec && decode<Past>(rec.value)
  const runs = rec !== null && past?.scope === scope && core.now() - rec.modified < OFF
  const known = runs ? (past.since ?? rec.modified) : undefined
  const silent = options.dryRun === true || alone
  const after = runs && !silent ? past.after : undefined
  let start = core.now() - core.storage.traits.skew
  if (!silent) {
    const fields: Past = {
      scope,
      ...(known === undefined ? {} : { since: known }),
      ...(after === undefined ? {} : { after }),
    }
    await records.put(RETENTION, encode(fields))
    start = (await records.get(RETENTION))?.modified ?? start
  }
  const since = known ?? start
  return {
    core,
    rules,
    options,
    alone,
    times: { start, since },
    settled: alone || start - since >= core.grace / 2,
    after,
    done: { tags: 0, manifests: 0, repositories: 0, skipped: [], complete: true },
  }
}

/** Remembers how far a run has come; `undefined` if it has seen everything. */
export async function endRetention(run: RetentionRun, after: string | undefined): Promise<void> {
  const { core, options, times } = run
  const { records } = core.storage
  if (options.dryRun || after === run.after) return
  const rec = await records.get(RETENTION)
  if (!rec) return
  const { scope } = decode<Past>(rec.value)
  const fields: Past = { scope, since: times.since, ...(after === undefined ? {} : { after }) }
  await records.put(RETENTION, encode(fields), { version: rec.version })
}
