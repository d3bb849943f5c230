/**
 * What a manifest refers to: it is written only while all of that is known to stay.
 * @module
 */

import { type Digest, isContentDigest, type ManifestReference } from '../oci/index.ts'
import type { Call } from '../storage/index.ts'
import type { Core } from './core.ts'
import { useLink } from './links.ts'
import { useManifest } from './manifest-use.ts'

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

/** A child of an index may be a manifest or, as build caches push them, a blob. */
async function isPresent(
  core: Core,
  repo: string,
  { digest, kind }: ManifestReference,
  call: Call,
): Promise<boolean> {
  if (!isContentDigest(digest)) return false
  if (kind === 'child' && (await useManifest(core, repo, digest, call))) return true
  return (await useLink(core, repo, digest, call)) !== null
}
