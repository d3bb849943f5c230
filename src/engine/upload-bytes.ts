/**
 * New bytes of an upload session on their way into the storage: as one piece, or cut into what it takes.
 * @module
 */

import { type Digest, RegistryError } from '../oci/index.ts'
import type { Body } from '../registry.ts'
import type { Call } from '../storage/index.ts'
import type { Attempt } from './attempt.ts'
import { ByteSource } from './byte-source.ts'
import type { Core } from './core.ts'
import { type Cut, cut } from './cutter.ts'
import { type Ground, openGround, readStored, startOf } from './ground.ts'
import { type Intake, takeIn } from './intake.ts'
import { tailPlace } from './keys.ts'
import { takesAny } from './piece-sizes.ts'
import type { Session, Stored } from './session.ts'
import type { SessionHasher } from './session-hash.ts'

/** What an attempt has begun, to be let go of if it comes to nothing. */
export interface Traces {
  ground?: Ground
  /** Where a tail may lie. */
  tail?: string
}

/** New bytes of an attempt. */
export interface Incoming extends Attempt {
  readonly session: Session
  /** Absent: nothing is new. */
  readonly body: Body | undefined
  /** Its bytes, when known. */
  readonly size: number | undefined
  /** What arrived before the body broke off counts. */
  readonly keepPrefix?: boolean
  /** Nothing follows: they make a blob of this digest. */
  readonly digest?: Digest
  /** Where to put what nothing lies at yet. */
  readonly fresh: string
  /** Stands at the end of `before`, if there is one. */
  readonly hasher: SessionHasher | null
  readonly beat: () => Promise<void>
  readonly signal: AbortSignal | undefined
  readonly traces: Traces
}

/** A session after new bytes were stored. */
export interface Added {
  /** `null` while there is no piece. */
  readonly ground: Ground | null
  /** Bytes after the last piece. */
  readonly tail?: Stored
  /** Bytes in all. */
  readonly offset: number
  /** The size that all pieces must have, once that is settled. */
  readonly pieceSize?: number
  /** All bytes lie here, written in one shot. */
  readonly whole?: string
  /** Stands at `offset`. */
  readonly hasher: SessionHasher | null
  /** Why the body broke off, when its prefix was kept. */
  readonly failure?: unknown
}

/** Stores new bytes. */
export function addBytes(core: Core, incoming: Incoming, call: Call): Promise<Added> {
  return takesAny(core.storage.contents.pieces)
    ? addPiece(core, incoming, call)
    : addPieces(core, incoming, call)
}

/** Any body is a piece. */
async function addPiece(core: Core, incoming: Incoming, call: Call): Promise<Added> {
  const { session, before, fresh, body, hasher, traces } = incoming
  const start = await startOf(core, session, before, fresh, call)
  let ground = start.ground ?? (await openGround(core, fresh, call))
  traces.ground = ground
  for (const held of start.held.filter(({ size }) => size > 0)) {
    const copy = takeIn(await readStored(core, held, call), { size: held.size })
    ground = await putPiece(core, ground, 0, undefined, copy.stream, call)
    copy.check()
  }
  if (body === undefined) return { ground, offset: before.offset, hasher }
  const intake = intakeOf(incoming, body, hasher)
  ground = await putPiece(core, ground, before.offset, undefined, intake.stream, call)
  if (!isPrefix(intake)) intake.check()
  return { ground, offset: before.offset + ground.pieces.at(-1)!.size, hasher, failure: intake.failure }
}

/** Bytes are cut as the storage wants them, after those that the session holds beside its pieces. */
async function addPieces(core: Core, incoming: Incoming, call: Call): Promise<Added> {
  const { session, before, fresh, body = new Uint8Array(0), hasher, signal, keepPrefix } = incoming
  const { ground, held } = await startOf(core, session, before, fresh, call)
  const due = held.reduce((sum, { size }) => sum + size, 0)
  const settled = ground ? before.pieceSize : undefined
  let added: Added = {
    ground,
    offset: before.offset - due,
    hasher,
    ...(settled === undefined ? {} : { pieceSize: settled }),
  }
  if (incoming.body === undefined && due === 0 && ground) return added
  const intake = intakeOf(incoming, body, null)
  const streams = held.map((stored) => ({
    size: stored.size,
    open: () => readStored(core, stored, call),
  }))
  const source = new ByteSource(streams, intake.stream, (bytes) => hasher?.update(bytes))
  const known = body instanceof Uint8Array ? body.length : incoming.size
  const cutting = {
    rules: core.storage.contents.pieces,
    memory: core.budget.size,
    count: ground?.count ?? 0,
    pieceSize: settled,
    total: known === undefined ? undefined : due + known,
    last: incoming.digest !== undefined,
    fresh: ground === null,
  }
  let mark: SessionHasher | null = null
  try {
    for await (const part of cut(source, cutting, core.budget, signal)) {
      mark = keepPrefix && hasher ? hasher.copy() : null
      added = await put(core, incoming, added, part, call)
    }
    if (!isPrefix(intake)) intake.check()
    return { ...added, failure: intake.failure }
  } catch (error) {
    // A body that broke off in a piece: those before it count where the hash of just them is known.
    if (isPrefix(intake) && keepPrefix && mark && added.offset > before.offset)
      return { ...added, hasher: mark, failure: intake.failure }
    if (source.exhausted) intake.check()
    throw intake.failure ?? error
  }
}

async function put(core: Core, incoming: Incoming, added: Added, part: Cut, call: Call): Promise<Added> {
  const { contents } = core.storage
  const { session, n, digest, fresh, traces } = incoming
  const { what, size, body } = part
  const offset = added.offset + size
  if (what === 'whole') {
    const place = await contents.write(fresh, body, { ...call, size, ...(digest ? { digest } : {}) })
    return { ...added, offset, whole: place }
  }
  if (what === 'tail') {
    traces.tail = tailPlace(session.id.session, n)
    return {
      ...added,
      offset,
      tail: { place: await contents.write(traces.tail, body, { ...call, size }), size },
    }
  }
  const ground = added.ground ?? (await openGround(core, fresh, call))
  traces.ground = ground
  const pieceSize = contents.pieces.equal ? { pieceSize: added.pieceSize ?? size } : {}
  return {
    ...added,
    ...pieceSize,
    offset,
    ground: await putPiece(core, ground, added.offset, size, body, call),
  }
}

/** Adds a body to the ground as its next piece. */
async function putPiece(
  core: Core,
  ground: Ground,
  offset: number,
  size: number | undefined,
  body: Body,
  call: Call,
): Promise<Ground> {
  const no = ground.count + 1
  const at = size === undefined ? { no, offset } : { no, offset, size }
  const stored = await core.storage.contents.piece(ground.place, ground.handle, at, body, call)
  const piece = { no, size: stored.size, receipt: stored.receipt }
  return { ...ground, count: no, pieces: [...ground.pieces, piece] }
}

function intakeOf(
  { beat, size, signal, keepPrefix = false }: Incoming,
  body: Body,
  hasher: SessionHasher | null,
): Intake {
  return takeIn(body, {
    onChunk: async (chunk) => {
      await hasher?.update(chunk)
      await beat()
    },
    size,
    signal,
    keepPrefix,
  })
}

/** Whether a body broke off by no fault of the request, so that what came before may count. */
function isPrefix({ failure }: Intake): boolean {
  return failure !== undefined && !(failure instanceof RegistryError)
}
