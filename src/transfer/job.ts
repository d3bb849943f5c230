/**
 * One copy on its way: what its parts share.
 * @module
 */

import { type Digest, RegistryError } from '../oci/index.ts'
import type { CallOptions } from '../registry.ts'
import type { CopyOptions, Destination, Progress, Source } from './options.ts'
import { type Platform, parsePlatform } from './platform.ts'
import { type Turn, turns } from './pool.ts'

/** A copy on its way. */
export interface Job {
  readonly from: Source
  readonly to: Destination
  readonly recursive: boolean
  readonly referrers: boolean
  readonly platforms: readonly Platform[]
  readonly concurrency: number
  readonly parts: number
  readonly chunked: boolean
  readonly tries: number
  /** For every call: ends them all after the first failure. */
  readonly call: CallOptions & { signal: AbortSignal }
  /** Blobs go one by one through these. */
  readonly turn: Turn
  /** What was begun, so that nothing is copied twice. */
  readonly begun: Map<Digest, Promise<void>>
  /** Manifests whose referrers are still to be copied. */
  readonly subjects: Digest[]
  /** Whether both sides are one registry. */
  readonly isHome: boolean
  /** Where on the other side blobs are that were sent before. */
  readonly placed: Map<Digest, string>
  readonly counts: { manifests: number; blobs: number; bytes: number; mounted: number; there: number }
  /** Whether anybody is told what happens. */
  readonly isWatched: boolean
  /** Ends everything that is on its way. Only the first reason is kept. */
  stop(error: unknown): void
  tell(progress: Omit<Progress, 'moved'> & { moved?: number }): void
}

/** How many blobs are remembered by the repository that has them. */
const PLACED = 50_000

/** Begins a job. @throws TypeError for options that make no sense. */
export function jobOf(
  from: Source,
  to: Destination,
  options: CopyOptions,
  stop: (error: unknown) => void,
  signal: AbortSignal,
  placed: Map<Digest, string> = new Map(),
): Job {
  const { concurrency = 3, parts = 1, tries = 3, onProgress } = options
  for (const [name, value] of Object.entries({ concurrency, parts, tries })) {
    if (!Number.isInteger(value) || value < 1 || value > 100)
      throw new TypeError(`${name} must be a whole number from 1 to 100`)
  }
  return {
    from,
    to,
    recursive: options.recursive ?? false,
    referrers: options.referrers ?? false,
    platforms: (options.platforms ?? []).map(parsePlatform),
    concurrency,
    parts,
    chunked: options.chunked ?? false,
    tries,
    call: { signal },
    turn: turns(concurrency),
    begun: new Map(),
    subjects: [],
    isHome: isSame(from.registry, to.registry),
    placed,
    counts: { manifests: 0, blobs: 0, bytes: 0, mounted: 0, there: 0 },
    isWatched: onProgress !== undefined,
    stop,
    tell: (progress) => onProgress?.({ moved: 0, ...progress }),
  }
}

/** Remembers where a blob is. */
export function place({ placed, to }: Job, digest: Digest): void {
  if (placed.size < PLACED) placed.set(digest, to.repository)
}

/** Once for each digest: whoever comes later waits for the first. After a failure nothing else goes on. */
export function once(job: Job, digest: Digest, work: () => Promise<void>): Promise<void> {
  const begun = job.begun.get(digest)
  if (begun) return begun
  const running = work()
  running.catch(job.stop)
  job.begun.set(digest, running)
  return running
}

/** Whether two registries are one: the same value, or clients of the same root. */
export function isSame(one: object, other: object): boolean {
  if (one === other) return true
  const urls = [one, other].map((registry) =>
    'url' in registry && registry.url instanceof URL ? registry.url.href : null,
  )
  return urls[0] !== null && urls[0] === urls[1]
}

/** Whether an error says that something is not there under a name that was asked for as a manifest. */
export function isNoManifest(error: unknown): boolean {
  return error instanceof RegistryError && error.status === 404
}
