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
 * @param since When what it tells of has happened: now, unless that is long ago (0).
 */
export async function noteRefs(
  core: Core,
  repo: string,
  digests: readonly Digest[],
  call: Call,
  since?: 0,
): Promise<void> {
  const note = { repo, digests, ...(since === undefined ? {} : { since }) }
  await core.storage.records.create(noteKey('refs', core.now(), random(8)), encode(note), call)
}

/** Bytes that may have lost their last link. */
export async function noteContent(core: Core, digest: Digest, place: string, call: Call): Promise<void> {
  await core.storage.records.create(
    noteKey('content', core.now(), random(8)),
    encode({ digest, place }),
    call,
  )
}
