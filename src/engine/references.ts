/**
 * Use before rely: a manifest is written only while everything it refers to is known to stay.
 * @module
 */

import { type Digest, isContentDigest, type ManifestReference, RegistryError } from '../oci/index.ts'
import type { Call } from '../storage/index.ts'
import type { Core } from './core.ts'
import { manifestKey } from './keys.ts'
import { useLink } from './links.ts'

/** Longest time between using a link and the write that relies on it, in milliseconds: D of the collection protocol. */
const DEADLINE = 10 * 60_000
/** That time, scaled down with a short grace period. */
export function deadlineOf(core: Core): number {
  return Math.min(DEADLINE, core.grace / 4)
}

/** References that are looked up at a time: Cloudflare Workers have six connections. */
const PARALLEL = 6

/** Those that are neither here nor allowed to be elsewhere. */
export async function missingReferences(
  core: Core,
  repo: string,
  references: readonly ManifestReference[],
  call: Call,
): Promise<Digest[]> {
  const missing: Digest[] = []
  for (let i = 0; i < references.length; i += PARALLEL) {
    const batch = references.slice(i, i + PARALLEL)
    const present = await Promise.all(batch.map((reference) => isPresent(core, repo, reference, call)))
    batch.forEach((reference, at) => {
      if (!present[at] && !reference.foreign && !core.sparse) missing.push(reference.digest)
    })
  }
  return missing
}

/**
 * Runs `check`, which uses links, and then `write`, which relies on them; if that would be too late, checks
 * again. The clock is monotonic, so that a corrected wall clock cannot stretch the promise.
 */
export async function relyOn(
  core: Core,
  check: () => Promise<void>,
  write: () => Promise<void>,
): Promise<void> {
  const deadline = deadlineOf(core)
  for (let tries = 0; tries < 3; tries++) {
    const start = performance.now()
    await check()
    if (performance.now() - start < deadline) return write()
  }
  throw new RegistryError(
    'UNAVAILABLE',
    'the storage is too slow to check what this manifest refers to: try again',
  )
}

/** A child of an index may be a manifest or, as build caches push them, a blob. */
async function isPresent(
  core: Core,
  repo: string,
  { digest, kind }: ManifestReference,
  call: Call,
): Promise<boolean> {
  if (!isContentDigest(digest)) return false
  if (kind === 'child' && (await core.storage.records.get(manifestKey(repo, digest), call))) return true
  return (await useLink(core, repo, digest, call)) !== null
}
