/**
 * Proof that the bytes of an upload have the digest that they are said to have.
 * @module
 */

import { createHasher } from '../hash/index.ts'
import { algorithmOf, type Digest } from '../oci/index.ts'
import type { Call } from '../storage/index.ts'
import type { Core } from './core.ts'
import type { SessionState } from './session.ts'
import type { SessionHasher } from './session-hash.ts'

/** Proves sealed bytes by reading them once. */
export async function digestSealed(
  core: Core,
  place: string,
  digest: Digest,
  onChunk: () => void | Promise<void>,
  call: Call,
): Promise<Digest> {
  const hasher = createHasher(algorithmOf(digest))
  const content = await core.storage.contents.read(place, undefined, call)
  if (!content) throw new Error(`content vanished at ${place}`)
  for await (const chunk of content.stream()) {
    await hasher.update(chunk)
    await onChunk()
  }
  return hasher.digest()
}

/** What is known of the digest of a session's bytes without reading them; `null` if nothing. */
export async function knownDigest(
  state: SessionState,
  hasher: SessionHasher | null,
  digest: Digest,
): Promise<Digest | null> {
  const algorithm = algorithmOf(digest)
  if (hasher?.algorithm === algorithm) return (await hasher.note()).value ?? null
  const { hash, offset } = state
  return hash?.algorithm === algorithm && hash.upTo === offset ? (hash.value ?? null) : null
}
