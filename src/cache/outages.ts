/**
 * Upstreams that cannot answer are left alone for a while, as far as there is something to serve without them.
 * @module
 */

import { RegistryError } from '../oci/index.ts'

/** Which repositories are cut off. */
export interface Outages {
  /** Whether the upstream of a repository failed a moment ago, or asked for a pause that is not over. */
  has(repo: string): boolean
  add(repo: string, error: unknown): void
  end(repo: string): void
}

/** After a failure, and at most after one that asks for a longer pause. */
const PAUSE = 10_000
const LONGEST_PAUSE = 15 * 60_000
/** Repositories that are remembered. */
const MAX_REPOSITORIES = 10_000

export function rememberOutages(now: () => number): Outages {
  const until = new Map<string, number>()
  return {
    has: (repo) => now() < (until.get(repo) ?? 0),
    add(repo, error) {
      if (until.size >= MAX_REPOSITORIES) until.clear()
      until.set(repo, now() + pauseAfter(error))
    },
    end: (repo) => void until.delete(repo),
  }
}

/** `Retry-After` in seconds, as nearly all write it. */
function pauseAfter(error: unknown): number {
  const wait = error instanceof RegistryError ? Number(error.headers?.['retry-after'] ?? 0) * 1000 : 0
  return wait > PAUSE ? Math.min(wait, LONGEST_PAUSE) : PAUSE
}
