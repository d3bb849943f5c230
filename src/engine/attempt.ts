/**
 * Getting hold of an upload session: one attempt at a time, whoever asks and from whichever replica.
 * @module
 */

import { type Digest, RegistryError } from '../oci/index.ts'
import type { Call } from '../storage/index.ts'
import type { Core } from './core.ts'
import {
  isDone,
  type Newest,
  type Session,
  type SessionBegin,
  type SessionState,
  SILENCE,
} from './session.ts'

/** A session that is ours until we end the attempt. */
export interface Attempt {
  readonly n: number
  /** The session as it was before. */
  readonly before: SessionState
}

/** What an attempt wants. */
export interface Wish {
  /** Where its bytes begin; absent means at the end. */
  readonly offset?: number | undefined
  /** A finish names the digest. */
  readonly digest?: Digest | undefined
  /** What it says when it begins as attempt `n`. */
  begin(n: number, before: SessionState): SessionBegin
}

/** Lost races before giving up: each means that another attempt made progress. */
const MAX_RACES = 20

/**
 * Begins the next attempt of a session.
 *
 * @returns `'done'` if a finish with this wish's digest has already succeeded.
 * @throws {@link RegistryError} `RANGE_INVALID` with the session as it is, when bytes are offered for another
 *   place than its end or another attempt is at work; `BLOB_UPLOAD_UNKNOWN` when the session has ended.
 */
export async function beginAttempt(
  core: Core,
  session: Session,
  wish: Wish,
  call: Call,
): Promise<Attempt | 'done'> {
  let before = await session.state(session.id.n, call)
  let fresh = false
  for (let race = 0; race < MAX_RACES; race++) {
    if (before === null || (wish.offset !== undefined && wish.offset !== before.offset && !fresh)) {
      before = (await current(core, session, wish.digest, call)) ?? null
      fresh = true
      if (before === null) return 'done'
    }
    if (wish.offset !== undefined && wish.offset !== before.offset)
      throw outOfOrder(session, before, wish.offset)
    const n = before.n + 1
    if (await session.begin(n, wish.begin(n, before), call)) return { n, before }
    const state = await unlocked(core, session, n, wish.digest, call)
    if (state === null) return 'done'
    before = state
    fresh = true
  }
  throw busy(session, before?.n ?? 0, before?.offset ?? 0)
}

/** The state to go on from after attempt `n` was found taken; `null` if it was this very finish. */
async function unlocked(
  core: Core,
  session: Session,
  n: number,
  digest: Digest | undefined,
  call: Call,
): Promise<SessionState | null> {
  const newest = await session.newest(call)
  if (await endedBy(core, newest, digest, call)) return null
  if (newest.state.n >= n || !newest.pending) return newest.state
  if (core.now() - newest.pending.alive < SILENCE) throw busy(session, newest.state.n, newest.state.offset)
  // Whether we or somebody else writes this end: the silent attempt can no longer.
  await session.overtake(newest.state, n, newest.pending.begin, call)
  return (await session.newest(call)).state
}

async function current(
  core: Core,
  session: Session,
  digest: Digest | undefined,
  call: Call,
): Promise<SessionState | null> {
  const newest = await session.newest(call)
  return (await endedBy(core, newest, digest, call)) ? null : newest.state
}

/**
 * Whether the session was ended by a finish with this digest.
 * @throws {@link RegistryError} `BLOB_UPLOAD_UNKNOWN` if it was ended otherwise.
 */
async function endedBy(core: Core, newest: Newest, digest: Digest | undefined, call: Call): Promise<boolean> {
  if (!newest.pending || !(await isDone(core, newest.pending.begin, call))) return false
  if (digest !== undefined && newest.pending.begin.digest === digest) return true
  throw unknownUpload()
}

/** No such session, or none any more. */
export function unknownUpload(): RegistryError {
  return new RegistryError(
    'BLOB_UPLOAD_UNKNOWN',
    'no such upload session: it has ended, expired or never begun; start a new upload',
  )
}

/** Another attempt got the session, or still has it. */
export function busy(session: Session, n: number, offset: number): RegistryError {
  return new RegistryError(
    'RANGE_INVALID',
    'another request is writing to this upload session: ask for its status',
    {
      upload: { id: session.idAt(n), offset },
    },
  )
}

function outOfOrder(session: Session, state: SessionState, offset: number): RegistryError {
  return new RegistryError(
    'RANGE_INVALID',
    `the upload has ${state.offset} bytes, so the next byte is number ${state.offset}, not ${offset}`,
    {
      detail: { expected: state.offset, given: offset },
      upload: { id: session.idAt(state.n), offset: state.offset },
    },
  )
}
