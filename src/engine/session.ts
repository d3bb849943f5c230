/**
 * The log of an upload session: append-only, two exclusive keys for each attempt. Creating `<n>a` begins
 * attempt n and shuts everybody else out, creating `<n>z` ends it and makes its bytes count. Exactly one
 * writer wins, on any storage with create-if-absent, without clocks: time-outs only decide how long a dead
 * attempt is waited for.
 * @module
 */

import { type Digest, RegistryError } from '../oci/index.ts'
import type { Call, Piece } from '../storage/index.ts'
import type { Core } from './core.ts'
import { attemptKey, parseAttemptKey, sessionPrefix } from './keys.ts'
import { isWhole, readLink } from './links.ts'
import { decode, encode } from './record.ts'
import type { HashNote } from './session-hash.ts'
import type { UploadId } from './upload-id.ts'

/** Bytes in one run at a place. */
export interface Stored {
  readonly place: string
  readonly size: number
}

/** What `<n>z` says: the session after attempt n. */
export interface SessionState {
  readonly n: number
  /** Bytes that count. */
  readonly offset: number
  /** Where they lie, once there are any. */
  readonly place?: string
  /** What the storage needs to go on there. */
  readonly handle?: string
  /** The number of the last piece so far. */
  readonly count: number
  /** The size that all pieces must have, where the storage wants that and there are any. */
  readonly pieceSize?: number
  /** Bytes after the last piece that are too few for one. They count, and come first in the next piece. */
  readonly tail?: Stored
  /** This attempt's own pieces, or all of them if `all`. */
  readonly pieces: readonly Piece[]
  readonly all?: boolean
  /** The last attempt before this one that stored pieces; 0 for none. */
  readonly previous: number
  readonly hash?: HashNote
  /** The attempt was given up by somebody else: its writer may still be alive, so the bytes are copied first. */
  readonly forked?: boolean
  /** The bytes (and maybe more after them) are sealed here: a finish named a digest that they do not have. */
  readonly sealed?: string
}

/** What `<n>a` says: somebody is at work. */
export interface SessionBegin {
  readonly repo: string
  /** Where new bytes of this attempt lie, if not at the session's place. */
  readonly place?: string
  /** Where it may leave a tail. */
  readonly tail?: string
  /** The attempt is a finish. */
  readonly digest?: Digest
  /** The attempt ends the session. */
  readonly cancelled?: boolean
}

/** The newest that a listing of the log shows. */
export interface Newest {
  readonly state: SessionState
  /** An attempt that has begun after `state` and not ended. */
  readonly pending?: { readonly begin: SessionBegin; readonly alive: number }
  /** When the session was last written to, in milliseconds since 1970; 0 if never. */
  readonly touched: number
}

/** An attempt without a sign of life for so long may be taken over, in milliseconds. */
export const SILENCE = 60_000
/** A living attempt gives a sign at least this often, in milliseconds. */
export const HEARTBEAT = 20_000

/** Of all numbers of pieces, one in so many is left out for a writer that may still be alive. */
const LEFT_OUT = 100

/** The state that is implicit in a valid id. */
const EMPTY: SessionState = { n: 0, offset: 0, count: 0, pieces: [], previous: 0 }

/** The log of one session. */
export class Session {
  readonly id: UploadId
  readonly #core: Core
  readonly #prefix: string
  /** Where the storage may not show yet what was written, ids carry the states that they name. */
  readonly #carried: Map<number, SessionState> | null
  #ended = 0

  readonly #format: (id: UploadId) => string

  /** @param format Seals an id for the holder of this session. */
  constructor(core: Core, id: UploadId, format: (id: UploadId) => string) {
    this.#core = core
    this.id = id
    this.#prefix = sessionPrefix(id.time, id.session)
    this.#format = format
    this.#carried = core.storage.traits.consistency === 'eventual' ? new Map() : null
    if (id.state) this.#carried?.set(id.n, { ...(id.state as SessionState), n: id.n })
  }

  /** The id to give out after attempt n. */
  idAt(n: number): string {
    const { state: _, ...id } = this.id
    const state = this.#carried?.get(n)
    return this.#format({ ...id, n, ...(state && { state }) })
  }

  /** The state after attempt n, or `null` if there is no such end. */
  async state(n: number, call: Call): Promise<SessionState | null> {
    if (n === 0) return EMPTY
    const carried = this.#carried?.get(n)
    if (carried) return carried
    const rec = await this.#core.storage.records.get(attemptKey(this.#prefix, n, 'z'), call)
    const state = rec && decode<SessionState>(rec.value)
    if (state) this.#carried?.set(n, state)
    return state
  }

  /** The newest state, by one listing. */
  async newest(call: Call): Promise<Newest> {
    let touched = 0
    // The listing may lag behind what the client was told.
    let ended = this.id.state ? this.id.n : 0
    const alive = new Map<number, number>()
    for await (const { key, rec } of this.#core.storage.records.list(this.#prefix, {
      ...call,
      values: true,
    })) {
      const { n, what } = parseAttemptKey(key)
      if (what === 'z') ended = Math.max(ended, n)
      else alive.set(n, Math.max(alive.get(n) ?? 0, rec?.modified ?? 0))
      touched = Math.max(touched, rec?.modified ?? 0)
    }
    const state = await this.state(ended, call)
    if (!state) return { state: EMPTY, touched: 0 }
    // Usually the next one; of a log that is being removed, the one that shut everybody out goes last.
    const last = Math.max(ended, ...alive.keys())
    const since = alive.get(last)
    if (last === ended || since === undefined) return { state, touched }
    const begin = await this.begun(last, call)
    // Gone since it was listed: the log has expired and is being removed.
    if (!begin) return { state: EMPTY, touched: 0 }
    return { state, touched, pending: { begin, alive: since } }
  }

  /** What attempt n said when it began. */
  async begun(n: number, call: Call): Promise<SessionBegin | null> {
    const rec = await this.#core.storage.records.get(attemptKey(this.#prefix, n, 'a'), call)
    return rec && decode<SessionBegin>(rec.value)
  }

  /** Begins attempt n; false if somebody else did. */
  async begin(n: number, begin: SessionBegin, call: Call): Promise<boolean> {
    const key = attemptKey(this.#prefix, n, 'a')
    return (await this.#core.storage.records.create(key, encode(begin), { ...call, volatile: true })) !== null
  }

  /** Ends attempt n; false if it was taken over, and so never happened. */
  async end(state: SessionState, call: Call): Promise<boolean> {
    const key = attemptKey(this.#prefix, state.n, 'z')
    const version = await this.#core.storage.records.create(key, encode(state), { ...call, volatile: true })
    if (version === null) return false
    this.#ended = state.n
    this.#carried?.set(state.n, state)
    return true
  }

  /** Whether it was here that attempt n was ended. */
  hasEnded(n: number): boolean {
    return this.#ended === n
  }

  /** A sign of life of attempt n. */
  async beat(n: number, call: Call): Promise<void> {
    await this.#core.storage.records.put(attemptKey(this.#prefix, n, 'h'), encode({}), call)
  }

  /** Ends attempt n as if it had never happened. With `forked`, on behalf of a writer that may still be alive. */
  async revert(before: SessionState, n: number, call: Call, forked = false): Promise<boolean> {
    // Earlier ends may not be readable yet, so all pieces stay in this one.
    if (this.#carried && before.all) return this.end({ ...before, n, ...(forked ? { forked } : {}) }, call)
    const previous = before.pieces.length > 0 ? before.n : before.previous
    const { all: _, ...kept } = before
    return this.end({ ...kept, n, pieces: [], previous, ...(forked ? { forked } : {}) }, call)
  }

  /** Ends attempt n, which has begun as `begin`, on behalf of a writer that may still be alive. */
  async overtake(before: SessionState, n: number, begin: SessionBegin, call: Call): Promise<boolean> {
    const { fork, pieces } = this.#core.storage.contents
    // Where no copy can be made, later pieces stay out of the way of that writer's. Only a finish can seal them.
    if (fork || begin.digest !== undefined) return this.revert(before, n, call, true)
    const count =
      before.count +
      (pieces.count === Number.POSITIVE_INFINITY ? LEFT_OUT : Math.ceil(pieces.count / LEFT_OUT))
    return this.revert({ ...before, count }, n, call)
  }

  /** Ends attempt n with an empty session: its bytes are lost, and have to be sent again. */
  async reset(n: number, call: Call): Promise<boolean> {
    return this.end({ ...EMPTY, n }, call)
  }

  /** All pieces of a state, in order. */
  async pieces(state: SessionState, call: Call): Promise<Piece[]> {
    const runs: (readonly Piece[])[] = [state.pieces]
    for (let at = state; !at.all && at.previous > 0; ) {
      const before = await this.state(at.previous, call)
      if (!before)
        throw new RegistryError('BLOB_UPLOAD_INVALID', 'the upload session is incomplete: start over')
      runs.unshift(before.pieces)
      at = before
    }
    return runs.flat()
  }

  /** Removes the whole log. */
  async drop(call: Call): Promise<void> {
    const keys: string[] = []
    for await (const { key } of this.#core.storage.records.list(this.#prefix, call)) keys.push(key)
    await this.#core.storage.records.drop(keys, call)
  }
}

/** Whether a begun attempt has ended the session: cancelled, or its blob is there, whole. */
export async function isDone(core: Core, begin: SessionBegin, call: Call): Promise<boolean> {
  if (begin.cancelled) return true
  if (begin.digest === undefined) return false
  const link = await readLink(core, begin.repo, begin.digest, call)
  return link !== null && (await isWhole(core, link, call))
}
