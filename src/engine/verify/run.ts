/**
 * One run of a check: what it was told, what it has seen, and how fast it may go.
 * @module
 */

import type { Call, Rec } from '../../storage/index.ts'
import type { Core } from '../core.ts'
import { deadlineOf } from '../rely.ts'
import type { Verdict } from './bytes.ts'
import { type Finding, Tally } from './report.ts'

/** What a check can be told, whoever else is at work. */
export interface CheckOptions {
  /** Mend what can be mended, and set aside what would be served wrongly (false: change nothing). */
  repair?: boolean
  /** Share of the blobs whose bytes are read, above 0 and at most 1, others each time (1); of the rest only the size is looked at. */
  sample?: number
  /** Bytes of blobs that are read in a second at most (no limit). */
  rate?: number
  /** Where to go on: the `cursor` of a report (the beginning). */
  after?: string
  /** Records and contents to look at, about; then it ends and can be gone on with (no limit). */
  limit?: number
  /** Ends it between two steps; the report has the cursor to go on with. */
  signal?: AbortSignal
  /** Gets each finding as it is found. */
  onFinding?: (finding: Finding) => void
  /** Gets a cursor now and then: whoever remembers it can go on there after a crash. */
  onProgress?: (cursor: string) => void
}

/** One run of a check. */
export interface Run {
  readonly core: Core
  /** Nobody else uses the storage, so that what is not there is missing. */
  readonly alone: boolean
  readonly repair: boolean
  readonly sample: number
  readonly call: Call
  readonly tally: Tally
  /** Keys that were seen a moment ago; some of them. */
  readonly seen: Seen
  /** What is known of contents that were looked at last. */
  readonly verdicts: Map<string, Promise<Verdict>>
  /** Waits as long as reading so many bytes may take. */
  pace(bytes: number): Promise<void>
  /** Whether a record is old enough that whatever is written right after it must be there by now. */
  isSettled(rec: Rec): boolean
  /** Counts repositories, which come one after the other. */
  enter(repo: string): void
  find(finding: Finding): void
}

/** Keys that are remembered at a time. */
const MAX_SEEN = 20_000
/** Shorter pauses are saved up, in milliseconds. */
const SHORTEST_PAUSE = 20
/** After so many failures it is the storage and not what lies in it. */
const MAX_UNREADABLE = 50

/** Begins a run. @throws TypeError for options that cannot be. */
export function beginRun(core: Core, options: CheckOptions, alone: boolean): Run {
  const { repair = false, sample = 1, rate = Number.POSITIVE_INFINITY, signal, onFinding } = options
  if (!(sample > 0 && sample <= 1)) throw new TypeError('sample must be a number above 0 and at most 1')
  if (!(rate > 0)) throw new TypeError('rate must be a number of bytes above 0')
  const tally = new Tally((finding) => onFinding?.(finding))
  let last: string | undefined
  const settled = deadlineOf(core) + core.storage.traits.skew
  return {
    core,
    alone,
    repair,
    sample,
    call: signal ? { signal } : {},
    tally,
    seen: new Seen(),
    verdicts: new Map(),
    pace: pacer(rate, signal),
    isSettled: ({ modified }) => alone || core.now() - modified >= settled,
    enter(repo) {
      if (repo !== last) tally.counts.repositories++
      last = repo
    },
    find(finding) {
      tally.add(finding)
      if (tally.counts.unreadable >= MAX_UNREADABLE)
        throw new Error(`the storage fails too often: ${finding.text}`)
    },
  }
}

/** Some of the keys that were seen last. */
class Seen {
  readonly #keys = new Set<string>()

  add(key: string): void {
    if (this.#keys.size >= MAX_SEEN) this.#keys.clear()
    this.#keys.add(key)
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  delete(key: string): void {
    this.#keys.delete(key)
  }
}

/** Whether there is a record, now or a moment ago. */
export async function isThere(run: Run, key: string): Promise<boolean> {
  if (run.seen.has(key)) return true
  if ((await run.core.storage.records.get(key, run.call)) === null) return false
  run.seen.add(key)
  return true
}

/** A record as it is stored now: some storages remember what they were asked for last, but never of a listing. */
export async function reread(run: Run, key: string): Promise<Rec | null> {
  for await (const entry of run.core.storage.records.list(key, { ...run.call, values: true, limit: 1 }))
    return entry.key === key ? entry.rec! : null
  return null
}

/** Does something with each, some at a time. */
export async function inParallel<T>(
  many: readonly T[],
  atOnce: number,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const rest = many.values()
  const worker = async (): Promise<void> => {
    for (const one of rest) await work(one)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, many.length) }, worker))
}

function pacer(rate: number, signal: AbortSignal | undefined): (bytes: number) => Promise<void> {
  let due = 0
  return async (bytes) => {
    const now = performance.now()
    due = Math.max(due, now) + (bytes / rate) * 1000
    if (due - now >= SHORTEST_PAUSE) await sleep(due - now, signal)
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      reject(signal!.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      resolve()
    }, ms)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted) end()
  })
}
