/**
 * The end of an upload: last bytes, proof, seal, link. Nothing is readable before the link.
 * @module
 */

import { algorithmOf, type Digest, RegistryError } from '../oci/index.ts'
import type { Body } from '../registry.ts'
import type { Call } from '../storage/index.ts'
import { unknownUpload } from './attempt.ts'
import type { Core } from './core.ts'
import type { Ground } from './ground.ts'
import { takeIn } from './intake.ts'
import { blobPlace, sessionPlace } from './keys.ts'
import { publishLink } from './links.ts'
import { noteContent } from './notes.ts'
import { takesAny } from './piece-sizes.ts'
import { digestSealed, knownDigest } from './proof.ts'
import { sureFor } from './rely.ts'
import type { Session, SessionState } from './session.ts'
import { isLost } from './settle.ts'
import { addBytes, type Incoming } from './upload-bytes.ts'
import { lackOfRoomFor } from './usage/room.ts'

/** What a finish may add. */
export interface LastBytes {
  readonly body: Body | undefined
  /** Their number, when known. */
  readonly size: number | undefined
}

/** A finish that has the session. */
export interface Finish extends Incoming {
  readonly repo: string
  readonly digest: Digest
  /** Milliseconds since it asked for the session. */
  readonly passed: () => number
}

/**
 * Makes the session's bytes a blob.
 * @returns its size.
 * @throws {@link RegistryError} `DIGEST_INVALID`, `SIZE_INVALID`: nothing is visible.
 */
export async function finishAttempt(core: Core, finish: Finish, call: Call): Promise<number> {
  const size = wholeSize(core, finish.before, finish)
  return size === null ? sealPieces(core, finish, call) : writeWhole(core, finish, size, call)
}

/** Where a finish puts new bytes. */
export function finishPlace(
  core: Core,
  session: Session,
  before: SessionState,
  n: number,
  digest: Digest,
  last: LastBytes,
): string {
  const { session: id } = session.id
  // Bytes that are cut go to the blob's own place, since they may turn out to be few enough for one shot.
  const whole =
    wholeSize(core, before, last) !== null ||
    (before.handle === undefined && !takesAny(core.storage.contents.pieces))
  return whole ? blobPlace(digest, id, n) : sessionPlace(id, n)
}

/** The blob's size, when its last bytes are all its bytes, and can be written in one shot; else `null`. */
function wholeSize(core: Core, before: SessionState, { body, size }: LastBytes): number | null {
  if (before.offset > 0 || before.handle !== undefined || before.sealed !== undefined) return null
  const whole = body === undefined ? 0 : body instanceof Uint8Array ? body.length : size
  return whole !== undefined && whole <= core.storage.contents.pieces.max ? whole : null
}

/** The whole blob in one body: written at its own place in one shot. */
async function writeWhole(core: Core, finish: Finish, size: number, call: Call): Promise<number> {
  const { contents } = core.storage
  const { fresh, digest, hasher } = finish
  // The storage proves the digest itself, or we hash what passes.
  const intake = takeIn(finish.body ?? new Uint8Array(0), {
    onChunk: async (chunk) => {
      if (!isVerified(core, digest)) await hasher?.update(chunk)
      await finish.beat()
    },
    size: finish.size,
    signal: finish.signal,
  })
  const place = await contents.write(fresh, intake.stream, { ...call, size, digest })
  return publishWhole(core, finish, place, size, call)
}

/** Earlier pieces and maybe a last one: sealed without copying. */
async function sealPieces(core: Core, finish: Finish, call: Call): Promise<number> {
  const { before, digest } = finish
  const sealed = finish.body === undefined ? await sealedPlace(core, before, call) : null
  if (sealed !== null) return reseal(core, finish, sealed, call)
  const added = await addBytes(core, finish, call)
  const { ground, whole, offset: size } = added
  if (whole !== undefined) return publishWhole(core, finish, whole, size, call)
  const known = await knownDigest({ ...before, offset: size }, finish.hasher, digest)
  if (known !== null && known !== digest) throw mismatch(digest, known)
  const place = await seal(core, finish, ground!, size, call)
  return publishSealed(core, finish, place, size, known, call)
}

/** Where the bytes so far are sealed; `null` if they are not. */
async function sealedPlace(core: Core, before: SessionState, call: Call): Promise<string | null> {
  const { sealed, forked, place, offset } = before
  if (sealed !== undefined) return sealed
  if (!forked || place === undefined || takesAny(core.storage.contents.pieces)) return null
  // By a finish that was given up, or whose answer was lost.
  return (await core.storage.contents.size(place, call)) === offset ? place : null
}

async function seal(core: Core, finish: Finish, ground: Ground, size: number, call: Call): Promise<string> {
  const { session, before, n, digest } = finish
  const earlier = ground.all ? [] : await session.pieces(before, call)
  const pieces = [...earlier, ...ground.pieces]
  return core.storage.contents
    .seal(ground.place, ground.handle, pieces, { ...call, size, digest })
    .catch(async (error) => {
      // It may have been sealed all the same, or be so later: whoever goes on takes a copy.
      if (!ground.all && !isLost(core, error)) await session.revert(before, n, call, true)
      throw error
    })
}

/** The bytes were sealed by an earlier finish that named another digest, or was given up. */
async function reseal(core: Core, finish: Finish, place: string, call: Call): Promise<number> {
  const size = finish.before.offset
  if ((await core.storage.contents.size(place, call)) !== size) {
    return sealPieces(core, { ...finish, body: new Uint8Array(0) }, call)
  }
  const known = await knownDigest(finish.before, null, finish.digest)
  return publishSealed(core, finish, place, size, known, call)
}

/** Sealed bytes cannot be added to, so a session that goes on after them remembers where they are. */
async function publishSealed(
  core: Core,
  finish: Finish,
  place: string,
  size: number,
  known: Digest | null,
  call: Call,
): Promise<number> {
  const { session, before, n, digest } = finish
  try {
    const found = known ?? (await digestSealed(core, place, digest, finish.beat, call))
    if (found !== digest) throw mismatch(digest, found)
    const full = await lackOfRoomFor(core, finish.repo, { digest, size }, call)
    if (full) throw full
    await publish(core, finish, place, size, call)
    return size
  } catch (error) {
    const { place: _, handle: __, tail, pieceSize: ___, ...kept } = before
    const state = { ...kept, n, pieces: [], count: 0, previous: 0, sealed: place }
    if ((await session.end(state, call)) && tail)
      await core.storage.contents.remove([tail.place], call).catch(() => {})
    throw error
  }
}

/** Bytes that were written in one shot: proved by the storage, by what we hashed, or by reading them. */
async function publishWhole(
  core: Core,
  finish: Finish,
  place: string,
  size: number,
  call: Call,
): Promise<number> {
  const { before, digest, hasher } = finish
  const found = isVerified(core, digest)
    ? digest
    : ((await knownDigest({ ...before, offset: size }, hasher, digest)) ??
      (await digestSealed(core, place, digest, finish.beat, call)))
  const error =
    found === digest
      ? await lackOfRoomFor(core, finish.repo, { digest, size }, call)
      : mismatch(digest, found)
  if (error) {
    await core.storage.contents.remove([place], call)
    throw error
  }
  await publish(core, finish, place, size, call)
  return size
}

/** Links proved bytes; if the blob is here under another place, ours are not kept. */
async function publish(core: Core, finish: Finish, place: string, size: number, call: Call): Promise<void> {
  const { repo, digest, before } = finish
  const ready = () => requireSession(core, finish, place, call)
  const linked = await publishLink(core, digest, { repo, place, size }, ready, call)
  if (linked === place) return
  // An earlier finish may have linked them, and others copied that link: then only the collector may remove them.
  if (before.forked || before.sealed !== undefined) await noteContent(core, digest, place, call)
  else await core.storage.contents.remove([place], call)
}

/**
 * A session that expires leaves a note of what it has linked. So one that has been silent for so long that it may have
 * expired is looked for before anything is linked; of its bytes nobody else may know by now.
 * @throws {@link RegistryError} `BLOB_UPLOAD_UNKNOWN` if it is gone, or somebody has given this attempt up.
 */
async function requireSession(core: Core, finish: Finish, place: string, call: Call): Promise<void> {
  const { session, n, digest, passed } = finish
  if (passed() < sureFor(core)) return
  if ((await session.begun(n, call)) && !(await session.state(n, call))) return
  await noteContent(core, digest, place, call)
  throw unknownUpload()
}

/** Whether the storage itself refuses bytes of another digest that are written in one shot. */
function isVerified(core: Core, digest: Digest): boolean {
  return core.storage.contents.verifies.includes(algorithmOf(digest))
}

function mismatch(digest: Digest, found: Digest): RegistryError {
  return new RegistryError('DIGEST_INVALID', 'the uploaded content does not have this digest', {
    detail: { expected: digest, found },
  })
}
