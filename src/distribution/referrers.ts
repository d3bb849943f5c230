/**
 * Referrers, which distribution keeps no list of: they are looked for in all manifests of a repository.
 * @module
 */

import {
  type Digest,
  isContentDigest,
  isDigest,
  type ManifestView,
  parseManifest,
  RegistryError,
  referrerOf,
} from '../oci/index.ts'
import type { CallOptions, Lister, Manifest, Referrer } from '../registry.ts'
import type { DistributionFiles } from './files.ts'
import { linkIn, revisionFolder, revisionsFolder } from './paths.ts'
import { manifestIn } from './read.ts'

/** How many manifests are read at once: each has up to 4 MiB. */
const AT_ONCE = 8
/** Of how many manifests it is remembered what they are about, about 200 bytes each. They never change. */
const REMEMBERED = 100_000

/** The part of a registry that lists referrers. The first list of a repository reads every manifest in it. */
export function referrersOf(files: DistributionFiles): Lister['referrers'] {
  /** What each manifest is about: `null` for nothing. One that cannot be read may be mended, and is asked again. */
  const subjects = new Map<Digest, Digest | null>()
  const subjectOf = async (digest: Digest, call: CallOptions): Promise<Digest | null> => {
    const known = subjects.get(digest)
    if (known !== undefined) return known
    const found = await viewOf(files, digest, call)
    const subject = found?.view.subject ?? null
    if (found && subjects.size < REMEMBERED) subjects.set(digest, subject)
    return subject
  }
  return async function* (
    repo,
    subject,
    { artifactTypes, after = '', ...call } = {},
  ): AsyncGenerator<Referrer> {
    const revisions = (await revisionsIn(files, repo, call)).filter((digest) => digest > after)
    for (let at = 0; at < revisions.length; at += AT_ONCE) {
      call.signal?.throwIfAborted()
      const some = revisions.slice(at, at + AT_ONCE)
      const about = await Promise.all(some.map((digest) => subjectOf(digest, call)))
      for (const digest of some.filter((_, i) => about[i] === subject)) {
        const link = await linkIn(files, revisionFolder(repo, digest), call)
        const found = link === null ? null : await viewOf(files, digest, call)
        if (!found || (artifactTypes && !artifactTypes.includes(found.view.artifactType ?? ''))) continue
        const { size } = found.manifest.descriptor
        yield { descriptor: referrerOf(found.view, digest, size), cursor: digest, filtered: true }
      }
    }
  }
}

/** All that were ever pushed to a repository, sorted. */
async function revisionsIn(files: DistributionFiles, repo: string, call: CallOptions): Promise<Digest[]> {
  const digests: Digest[] = []
  for (const algorithm of await files.folders(revisionsFolder(repo), call))
    for (const encoded of await files.folders(`${revisionsFolder(repo)}/${algorithm}`, call)) {
      const digest = `${algorithm}:${encoded}` as const
      if (isDigest(digest) && isContentDigest(digest)) digests.push(digest)
    }
  return digests.sort()
}

/** `null` for what is gone, damaged, or of a kind that refers to nothing. */
async function viewOf(
  files: DistributionFiles,
  digest: Digest,
  call: CallOptions,
): Promise<{ readonly manifest: Manifest; readonly view: ManifestView } | null> {
  const manifest = await manifestIn(files, digest, call).catch((error: unknown) => {
    if (error instanceof RegistryError && error.status < 500) return null
    throw error
  })
  if (!manifest) return null
  try {
    return { manifest, view: parseManifest(manifest.bytes, manifest.descriptor.mediaType) }
  } catch {
    return null
  }
}
