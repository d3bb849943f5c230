/**
 * What the manifests of a repository refer to.
 * @module
 */

import type { Digest } from '../../oci/index.ts'
import { manifestDigest, manifestPrefix } from '../keys.ts'
import { readManifest, referencesOf } from '../manifests.ts'
import { breather } from './breather.ts'
import type { Run } from './run.ts'

/** Manifests whose references are remembered. */
const MAX_REMEMBERED = 10_000
/** Manifests of a repository that are kept in memory to tidy it. */
export const MAX_TIDY = 100_000

/** A repository as it is listed. */
export interface Survey {
  /** Those of the candidates that a manifest refers to. */
  readonly referenced: ReadonlySet<Digest>
  /** All manifests; `null` if they are too many to hold. */
  readonly manifests: ReadonlySet<Digest> | null
  /** Whether there is a manifest at all. */
  readonly empty: boolean
}

/** Lists all manifests of a repository, and reads those that have not been read before. */
export async function survey(run: Run, repo: string, candidates: ReadonlySet<Digest>): Promise<Survey> {
  const referenced = new Set<Digest>()
  const manifests = new Set<Digest>()
  const breathe = breather()
  let count = 0
  for await (const { key } of run.core.storage.records.list(manifestPrefix(repo))) {
    await breathe()
    const digest = manifestDigest(repo, key)
    if (++count <= MAX_TIDY) manifests.add(digest)
    if (referenced.size === candidates.size) continue
    for (const reference of await referencesIn(run, repo, digest)) {
      if (candidates.has(reference)) referenced.add(reference)
    }
  }
  return { referenced, manifests: count > MAX_TIDY ? null : manifests, empty: count === 0 }
}

async function referencesIn(run: Run, repo: string, digest: Digest): Promise<readonly Digest[]> {
  const known = run.references.get(digest)
  if (known) return known
  const stored = await readManifest(run.core, repo, digest, {})
  // Deleted since it was listed: that left a note of its own.
  if (!stored) return []
  const found = referencesOf(stored)
  if (run.references.size >= MAX_REMEMBERED) run.references.clear()
  run.references.set(digest, found)
  return found
}
