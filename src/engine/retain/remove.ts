/**
 * Removing what was judged, and only that: whatever was pushed, moved or used since then has another version.
 * @module
 */

import { type Digest, isContentDigest } from '../../oci/index.ts'
import type { Core } from '../core.ts'
import { tellFreed } from '../freed.ts'
import { manifestKey, referrerKey, tagKey } from '../keys.ts'
import { readManifest, referencesOf, type StoredManifest } from '../manifests.ts'
import { noteRefs } from '../notes.ts'
import { dropTags } from '../tags.ts'
import { countManifest } from '../usage/count.ts'
import type { ManifestVerdict } from './manifests.ts'
import type { TagVerdict } from './tags.ts'

/** Removes a tag as it was judged; false if it has changed. Its reverse key is left to the collector, as always. */
export async function removeJudgedTag(
  core: Core,
  repo: string,
  { seen, rule, why }: TagVerdict,
): Promise<boolean> {
  const { tag, digest, version } = seen
  if (!(await core.storage.records.remove(tagKey(repo, tag), version))) return false
  tellFreed(core, { kind: 'tag', repository: repo, tag, digest, reason: `${rule}: ${why}` })
  return true
}

/**
 * Removes a manifest as it was judged, in the order in which a client's DELETE does: a note for the collector, the
 * record, then what names it. False if it has changed. Its entry among the referrers was read before the record goes
 * and is removed as it was read, so that a push at the same moment keeps its own.
 */
export async function removeJudgedManifest(
  core: Core,
  repo: string,
  { seen, rule, why }: ManifestVerdict,
): Promise<boolean> {
  const { records } = core.storage
  const { digest, version, size } = seen
  const stored = await readManifest(core, repo, digest, {})
  if (stored?.version !== version) return false
  await noteRefs(core, repo, referencesOf(stored).filter(isContentDigest), {}, { gone: [digest] })
  const referrer = referrerOf(repo, digest, stored)
  const entry = referrer === null ? null : await records.get(referrer)
  if (!(await records.remove(manifestKey(repo, digest), version))) return false
  if (referrer !== null && entry) await records.remove(referrer, entry.version)
  await countManifest(core, repo, -1, {})
  const stillAbsent = async () => (await readManifest(core, repo, digest, {})) === null
  await dropTags(core, repo, digest, stillAbsent, {})
  tellFreed(core, {
    kind: 'manifest',
    repository: repo,
    digest,
    size,
    reason: rule ? `${rule}: ${why}` : why,
  })
  return true
}

function referrerOf(repo: string, digest: Digest, { header }: StoredManifest): string | null {
  const { subject, artifactType = '' } = header
  return subject === undefined ? null : referrerKey(repo, subject, artifactType, digest)
}
