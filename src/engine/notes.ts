/**
 * Notes for the collector. They cost one small write where something may become unreferenced, so that its
 * work follows change and not size; a crash leaves notes, never holes.
 * @module
 */

import type { Digest } from '../oci/index.ts'
import type { Call } from '../storage/index.ts'
import type { Core } from './core.ts'
import { noteKey } from './keys.ts'
import { encode, random } from './record.ts'

/**
 * Links of a repository that may have lost their last manifest: of a deleted manifest, or of a mount. Also where
 * there are none it says that the repository has changed, and has something to tidy.
 * @param more.since When what it tells of has happened: now, unless that is long ago (0).
 * @param more.gone Manifests that are about to be deleted: whatever names one of them is no damage.
 */
export async function noteRefs(
  core: Core,
  repo: string,
  digests: readonly Digest[],
  call: Call,
  more: { since?: 0; gone?: readonly Digest[] } = {},
): Promise<void> {
  if (!isCollected(core)) return
  const note = { repo, digests, ...more }
  await core.storage.records.create(noteKey('refs', core.now(), random(8)), encode(note), call)
}

/** Bytes that may have lost their last link. */
export async function noteContent(core: Core, digest: Digest, place: string, call: Call): Promise<void> {
  if (!isCollected(core)) return
  await core.storage.records.create(
    noteKey('content', core.now(), random(8)),
    encode({ digest, place }),
    call,
  )
}

/** Where what is written is not seen at once, no collector ever comes to read a note. */
function isCollected({ storage }: Core): boolean {
  return storage.traits.consistency === 'strong'
}
