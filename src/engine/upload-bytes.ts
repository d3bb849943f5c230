/**
 * The bytes of an upload session: where the next ones go, and how they are proved.
 * @module
 */

import { createHasher } from '../hash/index.ts'
import { algorithmOf, type Digest } from '../oci/index.ts'
import type { Body } from '../registry.ts'
import type { Call, Piece } from '../storage/index.ts'
import type { Core } from './core.ts'
import { takeIn } from './intake.ts'
import { sessionPlace } from './keys.ts'
import type { Session, SessionState } from './session.ts'
import type { SessionHasher } from './session-hash.ts'

/** Where pieces of an attempt go. */
export interface Ground {
  readonly place: string
  readonly handle: string
  /** Pieces that lie there already. */
  readonly count: number
  /** Pieces that this attempt has added. */
  readonly pieces: readonly Piece[]
  /** Those are all pieces: the ground is new. */
  readonly all: boolean
}

/**
 * The ground for attempt `n`: the session's own; a new one at its first bytes; a private copy when an earlier
 * writer may still be alive or the bytes were sealed.
 */
export async function groundFor(
  core: Core,
  session: Session,
  before: SessionState,
  n: number,
  call: Call,
): Promise<Ground> {
  const { contents } = core.storage
  const fresh = sessionPlace(session.id.session, n)
  if (before.sealed !== undefined) return copySealed(core, before, fresh, call)
  if (before.place === undefined || before.handle === undefined) {
    return { place: fresh, handle: await contents.open(fresh, call), count: 0, pieces: [], all: true }
  }
  if (before.forked && contents.fork) {
    // The finish that was given up had sealed the bytes already, and perhaps more after them.
    if ((await contents.size(before.place, call)) !== null)
      return copySealed(core, { ...before, sealed: before.place }, fresh, call)
    const handle = await contents.fork(before.place, before.handle, fresh, before.offset, call)
    return {
      place: fresh,
      handle,
      count: before.count,
      pieces: await session.pieces(before, call),
      all: true,
    }
  }
  return { place: before.place, handle: before.handle, count: before.count, pieces: [], all: false }
}

/** Adds a body to the ground as its next piece. */
export async function addPiece(
  core: Core,
  ground: Ground,
  offset: number,
  body: Body,
  call: Call,
): Promise<Ground & { size: number }> {
  const no = ground.count + 1
  const stored = await core.storage.contents.piece(ground.place, ground.handle, { no, offset }, body, call)
  const piece = { no, size: stored.size, receipt: stored.receipt }
  return { ...ground, count: no, pieces: [...ground.pieces, piece], size: stored.size }
}

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

async function copySealed(core: Core, before: SessionState, place: string, call: Call): Promise<Ground> {
  const handle = await core.storage.contents.open(place, call)
  const ground: Ground = { place, handle, count: 0, pieces: [], all: true }
  if (before.offset === 0) return ground
  const span = { offset: 0, length: before.offset }
  const content = await core.storage.contents.read(before.sealed!, span, call)
  if (!content) throw new Error(`content vanished at ${before.sealed}`)
  const copy = takeIn(content.stream(), { size: before.offset })
  const copied = await addPiece(core, ground, 0, copy.stream, call)
  copy.check()
  return copied
}
