/**
 * The end of an upload: last bytes, proof, seal, link. Nothing is readable before the link.
 * @module
 */

import { algorithmOf, type Digest, RegistryError } from '../oci/index.ts'
import type { Body } from '../registry.ts'
import type { Call } from '../storage/index.ts'
import type { Attempt } from './attempt.ts'
import type { Core } from './core.ts'
import { takeIn } from './intake.ts'
import { blobPlace, sessionPlace } from './keys.ts'
import { publishLink } from './links.ts'
import type { Session, SessionState } from './session.ts'
import type { SessionHasher } from './session-hash.ts'
import { addPiece, digestSealed, type Ground, groundFor, knownDigest } from './upload-bytes.ts'

/** What a finish may add. */
export interface LastBytes {
  readonly body: Body | undefined
  /** Their number, when known. */
  readonly size: number | undefined
}

/** A finish that has the session. */
export interface Finish extends Attempt, LastBytes {
  readonly repo: string
  readonly session: Session
  readonly digest: Digest
  /** Stands at the end of `before`, if there is one. */
  readonly hasher: SessionHasher | null
  readonly beat: () => Promise<void>
  /** Is told where bytes go, so that they can be let go of if the attempt comes to nothing. */
  readonly onGround: (ground: Ground) => void
  readonly signal: AbortSignal | undefined
}

/**
 * Makes the session's bytes a blob.
 * @returns its size.
 * @throws {@link RegistryError} `DIGEST_INVALID`, `SIZE_INVALID`: nothing is visible.
 */
export async function finishAttempt(core: Core, finish: Finish, call: Call): Promise<number> {
  const size = wholeSize(finish.before, finish)
  return size === null ? sealPieces(core, finish, call) : writeWhole(core, finish, size, call)
}

/** Where a finish puts new bytes. */
export function finishPlace(
  session: Session,
  before: SessionState,
  n: number,
  digest: Digest,
  last: LastBytes,
): string {
  const { session: id } = session.id
  return wholeSize(before, last) === null ? sessionPlace(id, n) : blobPlace(digest, id, n)
}

/** The blob's size, when its last bytes are all its bytes; else `null`. */
function wholeSize(before: SessionState, { body, size }: LastBytes): number | null {
  if (before.offset > 0 || before.handle !== undefined || before.sealed !== undefined) return null
  if (body === undefined) return 0
  return body instanceof Uint8Array ? body.length : (size ?? null)
}

/** The whole blob in one body: written at its own place in one shot. */
async function writeWhole(core: Core, finish: Finish, size: number, call: Call): Promise<number> {
  const { contents } = core.storage
  const { session, n, digest, hasher } = finish
  // The storage proves the digest itself, or we hash what passes.
  const proved = contents.verifies.includes(algorithmOf(digest))
  const intake = intakeOf(finish, proved ? null : hasher)
  const place = await contents.write(blobPlace(digest, session.id.session, n), intake.stream, {
    ...call,
    size,
    digest,
  })
  const found = proved ? digest : (await hasher!.note()).value
  if (found !== digest) {
    await contents.remove([place], call)
    throw mismatch(digest, found)
  }
  await publish(core, finish, place, size, call)
  return size
}

/** Earlier pieces and maybe a last one: sealed without copying. */
async function sealPieces(core: Core, finish: Finish, call: Call): Promise<number> {
  const { before, session, n, digest } = finish
  if (finish.body === undefined && before.sealed !== undefined)
    return reseal(core, finish, before.sealed, call)
  let ground = await groundFor(core, session, before, n, call)
  finish.onGround(ground)
  let size = before.offset
  if (finish.body !== undefined) {
    const intake = intakeOf(finish, finish.hasher)
    const added = await addPiece(core, ground, size, intake.stream, call)
    intake.check()
    ground = added
    size += added.size
  }
  const known = await knownDigest({ ...before, offset: size }, finish.hasher, digest)
  if (known !== null && known !== digest) throw mismatch(digest, known)
  const earlier = ground.all ? [] : await session.pieces(before, call)
  const options = { ...call, size, digest }
  const pieces = [...earlier, ...ground.pieces]
  const place = await core.storage.contents
    .seal(ground.place, ground.handle, pieces, options)
    .catch(async (error) => {
      // It may have been sealed all the same, or be so later: whoever goes on takes a copy.
      if (!ground.all) await session.revert(before, n, call, true)
      throw error
    })
  return publishSealed(core, finish, place, size, known, call)
}

/** The bytes were sealed by an earlier finish that named another digest. */
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
    await publish(core, finish, place, size, call)
    return size
  } catch (error) {
    const { place: _, handle: __, ...kept } = before
    await session.end({ ...kept, n, pieces: [], count: 0, previous: 0, sealed: place }, call)
    throw error
  }
}

/** Links proved bytes; if the blob was here already under another place, ours are not kept. */
async function publish(core: Core, finish: Finish, place: string, size: number, call: Call): Promise<void> {
  const linked = await publishLink(core, finish.digest, { repo: finish.repo, place, size }, call)
  if (linked !== place) await core.storage.contents.remove([place], call)
}

function intakeOf(finish: Finish, hasher: SessionHasher | null): ReturnType<typeof takeIn> {
  return takeIn(finish.body ?? new Uint8Array(0), {
    onChunk: async (chunk) => {
      await hasher?.update(chunk)
      await finish.beat()
    },
    size: finish.size,
    signal: finish.signal,
  })
}

function mismatch(digest: Digest, found: Digest | undefined): RegistryError {
  return new RegistryError('DIGEST_INVALID', 'the uploaded content does not have this digest', {
    detail: { expected: digest, found },
  })
}
