/**
 * Where the next bytes of an upload session go, and what has to go there first.
 * @module
 */

import { RegistryError } from '../oci/index.ts'
import type { Call, Piece } from '../storage/index.ts'
import type { Core } from './core.ts'
import { takesAny } from './piece-sizes.ts'
import type { Session, SessionState, Stored } from './session.ts'

/** Where pieces of an attempt go. */
export interface Ground {
  readonly place: string
  readonly handle: string
  /** The number of the last piece that lies there already. */
  readonly count: number
  /** Pieces that this attempt has added. */
  readonly pieces: readonly Piece[]
  /** Those are all pieces: the ground is new. */
  readonly all: boolean
}

/** Where an attempt starts. */
export interface Start {
  /** `null` if nothing has been begun yet, or nothing that can be gone on with. */
  readonly ground: Ground | null
  /** Bytes of the session that are in no piece of the ground: they come before new ones. */
  readonly held: readonly Stored[]
}

/**
 * Where an attempt starts: on the session's own ground, or on none at its first bytes and when they are sealed.
 * When an earlier writer may still be alive it gets a private copy; where the storage cannot make one, the
 * ground is sealed, so that nobody can change it any more.
 * @param fresh Where a private copy goes.
 */
export async function startOf(
  core: Core,
  session: Session,
  before: SessionState,
  fresh: string,
  call: Call,
): Promise<Start> {
  const { contents } = core.storage
  const { place, handle, count, sealed } = before
  const tail = before.tail ? [before.tail] : []
  if (sealed !== undefined) return { ground: null, held: [{ place: sealed, size: before.offset }] }
  if (place === undefined || handle === undefined) return { ground: null, held: tail }
  if (!before.forked) return { ground: { place, handle, count, pieces: [], all: false }, held: tail }
  const size = before.offset - (before.tail?.size ?? 0)
  // The finish that was given up may have sealed the bytes already, and perhaps more after them.
  if ((await contents.size(place, call)) === null) {
    if (contents.fork) {
      const own = await contents.fork(place, handle, fresh, size, call)
      const pieces = await session.pieces(before, call)
      return { ground: { place: fresh, handle: own, count, pieces, all: true }, held: tail }
    }
    await contents
      .seal(place, handle, await session.pieces(before, call), { ...call, size })
      .catch(async (error) => {
        if ((await contents.size(place, call)) === null) throw error
      })
  }
  return { ground: null, held: [{ place, size }, ...tail] }
}

/** New ground. */
export async function openGround(core: Core, place: string, call: Call): Promise<Ground> {
  const handle = await core.storage.contents.open(place, call)
  return { place, handle, count: 0, pieces: [], all: true }
}

/**
 * Reads bytes that the session has stored.
 * @throws {@link RegistryError} `BLOB_UPLOAD_INVALID` if they are gone.
 */
export async function readStored(
  core: Core,
  { place, size }: Stored,
  call: Call,
): Promise<ReadableStream<Uint8Array>> {
  const content = await core.storage.contents.read(place, { offset: 0, length: size }, call)
  if (content) return content.stream()
  if (takesAny(core.storage.contents.pieces)) throw new Error(`content vanished at ${place}`)
  throw new RegistryError('BLOB_UPLOAD_INVALID', 'bytes of this upload are gone: start over')
}
