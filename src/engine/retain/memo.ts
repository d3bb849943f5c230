/**
 * What retention remembers of a repository from one run to the next: since when manifests have been untagged, and
 * which ones are on their way out. It is written before anything is removed, so that a run may be cut off anywhere.
 * @module
 */

import type { Digest } from '../../oci/index.ts'
import type { Core } from '../core.ts'
import { retainedKey } from '../keys.ts'
import { decode, encode } from '../record.ts'
import type { ManifestSeen } from './snapshot.ts'

/** What is remembered of a manifest. It holds for the push that it is about, and for no later one. */
export interface Remembered {
  /** Since when it has been untagged, or on its way out, in milliseconds since 1970. */
  readonly since: number
  readonly push?: string
  /** Why it goes as soon as nobody has used it for the grace period; absent while it is only untagged. */
  readonly goes?: { readonly rule: string; readonly why: string }
}

/** What is remembered of a repository. */
export interface Memo {
  readonly manifests: ReadonlyMap<Digest, Remembered>
  /** `null` if there is no record. */
  readonly version: string | null
}

/** Manifests that fit into a record; others have to wait. */
export const MAX_REMEMBERED = 10_000

/** Reads what is remembered. */
export async function readMemo(core: Core, repo: string): Promise<Memo> {
  const rec = await core.storage.records.get(retainedKey(repo))
  if (!rec) return { manifests: new Map(), version: null }
  const { manifests } = decode<{ manifests: [Digest, Remembered][] }>(rec.value)
  return { manifests: new Map(manifests), version: rec.version }
}

/** What is remembered of a manifest, unless it was pushed again since. */
export function recall({ manifests }: Memo, { digest, push }: ManifestSeen): Remembered | null {
  const found = manifests.get(digest)
  return found && found.push === push ? found : null
}

/** Replaces what is remembered; `null` if somebody else has changed it. */
export async function writeMemo(
  core: Core,
  repo: string,
  before: Memo,
  manifests: ReadonlyMap<Digest, Remembered>,
): Promise<Memo | null> {
  const { records } = core.storage
  const { version } = before
  if (sameText(before.manifests, manifests)) return before
  const key = retainedKey(repo)
  if (manifests.size === 0 && version !== null)
    return (await records.remove(key, version)) ? { manifests, version: null } : null
  const value = encode({ manifests: [...manifests] })
  const written =
    version === null ? await records.create(key, value) : await records.put(key, value, { version })
  return written === null ? null : { manifests, version: written }
}

function sameText(a: ReadonlyMap<Digest, Remembered>, b: ReadonlyMap<Digest, Remembered>): boolean {
  return a.size === b.size && JSON.stringify([...a]) === JSON.stringify([...b])
}
