/**
 * A repository as retention sees it: its tags, then its manifests, as they were listed after the pass began.
 * @module
 */

import { type Digest, isContentDigest, isIndexType, type Tag } from '../../oci/index.ts'
import { breather } from '../collect/breather.ts'
import type { Core } from '../core.ts'
import { manifestDigest, manifestPrefix, tagPrefix } from '../keys.ts'
import { type ManifestHeader, referencesOf } from '../manifests.ts'
import { decodeFramed } from '../record.ts'
import { digestIn } from '../tags.ts'

/** A tag as it was listed. */
export interface TagSeen {
  readonly tag: Tag
  readonly digest: Digest
  /** When it was pushed last, by the storage's clock. */
  readonly modified: number
  readonly version: string
}

/** A manifest as it was listed. */
export interface ManifestSeen {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  /** When it was last pushed, used or pulled, roughly. */
  readonly modified: number
  readonly version: string
  /** Which push it is of. */
  readonly push: string | undefined
  /** What an index refers to; nothing for an image. */
  readonly children: readonly Digest[]
  readonly subject: Digest | undefined
}

/** A repository as it was listed. */
export interface Snapshot {
  readonly repo: string
  /** Tags of manifests that are here. */
  readonly tags: readonly TagSeen[]
  readonly manifests: ReadonlyMap<Digest, ManifestSeen>
}

/** Tags, and manifests, that are held in memory. */
const MAX_SEEN = 100_000
/** Children of all indexes that are held in memory: an index may have many. */
const MAX_CHILDREN = 500_000

/** Lists a repository; `null` if there is more in it than fits into memory. */
export async function seeRepository(core: Core, repo: string): Promise<Snapshot | null> {
  const tags = await seeTags(core, repo)
  const manifests = tags && (await seeManifests(core, repo))
  if (!tags || !manifests) return null
  // A tag whose manifest is gone is gone.
  return { repo, tags: tags.filter(({ digest }) => manifests.has(digest)), manifests }
}

async function seeTags(core: Core, repo: string): Promise<TagSeen[] | null> {
  const prefix = tagPrefix(repo)
  const tags: TagSeen[] = []
  const breathe = breather()
  for await (const { key, rec } of core.storage.records.list(prefix, { values: true })) {
    await breathe()
    if (tags.length >= MAX_SEEN) return null
    const { modified, version } = rec!
    tags.push({ tag: key.slice(prefix.length), digest: digestIn(rec!), modified, version })
  }
  return tags
}

async function seeManifests(core: Core, repo: string): Promise<Map<Digest, ManifestSeen> | null> {
  const manifests = new Map<Digest, ManifestSeen>()
  const breathe = breather()
  let held = 0
  for await (const { key, rec } of core.storage.records.list(manifestPrefix(repo), { values: true })) {
    await breathe()
    if (manifests.size >= MAX_SEEN || held > MAX_CHILDREN) return null
    const digest = manifestDigest(repo, key)
    const { modified, version, value } = rec!
    const { header, body: bytes } = decodeFramed<ManifestHeader>(value)
    const { mediaType, subject, push } = header
    const stored = { header, bytes, version, modified }
    const children = isIndexType(mediaType) ? [...new Set(referencesOf(stored))].filter(isContentDigest) : []
    held += children.length
    manifests.set(digest, { digest, size: bytes.length, modified, version, push, children, subject })
  }
  return manifests
}
