import type { Digest } from '../../oci/index.ts'
import type { Core } from '../core.ts'
import { storageTime } from './lease.ts'

interface Filed {
  /** When it was written first, if it was filed again. */
  readonly since?: number
}

/** Links to judge. */
export interface RefsNote extends Filed {
  readonly repo: string
  readonly digests: readonly Digest[]
  /** Manifests that were deleted: until the repository is tidied, tags and referrers may name them. */
  readonly gone?: readonly Digest[]
}

/** Bytes to judge. */
export interface ContentNote extends Filed {
  readonly digest: Digest
  readonly place: string
}

/** What `collect()` can be told. */
export interface CollectOptions {
  /** Only say what would be freed now (false). */
  dryRun?: boolean
  /** Notes to work off at most, where a run has to be short; the next run goes on (no limit). */
  limit?: number
  /** Ends the run between two steps; the next run goes on. */
  signal?: AbortSignal
}

/** What a collector has freed, or in a dry run would free. */
export interface Collected {
  /** Blobs that left a repository because no manifest in it refers to them. */
  readonly links: number
  /** Contents removed because nothing links them any more, a grace period after that was first seen. */
  readonly contents: number
  /** Their bytes. */
  readonly bytes: number
  /** Tags that named a manifest that is gone. */
  readonly tags: number
  /** Referrers that are gone themselves. */
  readonly referrers: number
  /** Repositories that left the catalog because they have no manifest. */
  readonly repositories: number
  /** False if something that is due was left to the next run, or another collector is at work. */
  readonly complete: boolean
}

/** One run of a collector. */
export interface Run {
  readonly core: Core
  /** Nobody else uses the storage, so that nothing needs to be waited for. */
  readonly alone: boolean
  readonly dryRun: boolean
  readonly freed: { -readonly [Key in keyof Collected]: Collected[Key] }
  /** What manifests refer to. */
  readonly references: References
  /** Links that a dry run would have removed, and what they name. */
  readonly unlinked: Map<string, ContentNote>
  /** Other records that a dry run would have removed. */
  readonly gone: Set<string>
  /** Places that were removed, or would have been. */
  readonly removed: Set<string>
  /** Sessions that a dry run would have removed. */
  readonly expired: Set<string>
  /** The time that ages are measured against: of the storage's clock, and not later than now. */
  time(): Promise<number>
  /** Whether there is to be another step, and counts the notes that it takes. */
  step(notes: number): boolean
  /** Runs a step whose failure shall not keep the others from being taken: the first one is thrown at the end. */
  attempt(step: () => Promise<void>): Promise<void>
  /** @throws what the first failed step has thrown. */
  end(): Collected
}

/** What each manifest refers to, which never changes. */
export type References = Map<Digest, readonly Digest[]>

/** How long a time that was read from the storage's clock is good for, in milliseconds: a sign of life is due then. */
const TIME_LASTS = 60_000

/** Begins a run. */
export function beginRun(
  core: Core,
  references: References,
  { dryRun = false, limit = Number.POSITIVE_INFINITY, signal }: CollectOptions,
  alone = false,
): Run {
  const freed = { links: 0, contents: 0, bytes: 0, tags: 0, referrers: 0, repositories: 0, complete: true }
  const failures: unknown[] = []
  let clock: { readonly read: number; readonly time: number } | undefined
  let left = limit
  return {
    core,
    alone,
    dryRun,
    freed,
    references,
    unlinked: new Map(),
    gone: new Set(),
    removed: new Set(),
    expired: new Set(),
    async time() {
      if (alone || dryRun) return core.now() - core.storage.traits.skew
      // An earlier time is on the safe side.
      if (!clock || Math.abs(core.now() - clock.read) >= TIME_LASTS)
        clock = { read: core.now(), time: await storageTime(core) }
      return clock.time
    },
    step(notes) {
      if (left < notes || signal?.aborted) freed.complete = false
      left -= notes
      return left >= 0 && !signal?.aborted
    },
    async attempt(step) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    },
    end() {
      if (failures.length > 0) throw failures[0]
      return freed
    },
  }
}

/** Whether what was written at `modified` was a grace period old when the pass began. */
export function isOld({ core, alone }: Run, modified: number, start: number): boolean {
  return alone ? Math.max(0, start - modified) >= core.grace : modified < start - core.grace
}
