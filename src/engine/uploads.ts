/**
 * Uploads: bytes in any number of requests, to any replica, then a blob or nothing.
 * @module
 */

import {
  type Algorithm,
  algorithmOf,
  type Descriptor,
  type Digest,
  OCTET_STREAM,
  RegistryError,
} from '../oci/index.ts'
import type { Body, CallOptions, Upload } from '../registry.ts'
import type { Call } from '../storage/index.ts'
import { type Attempt, beginAttempt, busy, unknownUpload } from './attempt.ts'
import { type Core, cancellable, settled } from './core.ts'
import { type Finish, finishAttempt, finishPlace, type LastBytes } from './finish.ts'
import { takeIn } from './intake.ts'
import { sessionPlace } from './keys.ts'
import { readLink } from './links.ts'
import { HEARTBEAT, isDone, Session, type SessionState } from './session.ts'
import { LiveHashers, SessionHasher } from './session-hash.ts'
import type { SigningKeys } from './signing.ts'
import { addPiece, type Ground, groundFor } from './upload-bytes.ts'
import { formatUploadId, type Holder, newUploadId, parseUploadId, type UploadId } from './upload-id.ts'

/** Every so many attempts an end lists all pieces, so that a long session is read in few steps. */
const FULL_LIST = 64

/** The uploads of a store. */
export class Uploads {
  readonly #core: Core
  readonly #keys: SigningKeys
  readonly #live = new LiveHashers()

  /** @param keys Seal the ids, newest first. */
  constructor(core: Core, keys: SigningKeys) {
    this.#core = core
    this.#keys = keys
  }

  async start(repo: string, algorithm: Algorithm, options: CallOptions): Promise<Upload> {
    const keys = await this.#keys(settled(options))
    const id = newUploadId(this.#core.now(), algorithm)
    return { id: formatUploadId(id, holder(repo, options), keys[0]!), offset: 0 }
  }

  async status(repo: string, text: string, options: CallOptions): Promise<Upload> {
    const call = cancellable(options)
    const session = await this.#find(repo, text, options)
    const { state, pending } = await session.newest(call)
    if (pending && (await isDone(this.#core, pending.begin, call))) throw unknownUpload()
    return { id: session.idAt(state.n), offset: state.offset }
  }

  async write(
    repo: string,
    text: string,
    body: Body,
    options: CallOptions & { offset?: number; size?: number },
  ): Promise<Upload> {
    const session = await this.#find(repo, text, options)
    const begin = (n: number) => ({ repo, place: sessionPlace(session.id.session, n) })
    const attempt = await this.#begin(session, { offset: options.offset, begin }, options)
    if (attempt === 'done') throw unknownUpload()
    return this.#settle(session, attempt, settled(options), (onGround) =>
      this.#append(session, attempt, body, options, onGround),
    )
  }

  async finish(
    repo: string,
    text: string,
    digest: Digest,
    options: CallOptions & { body?: Body; offset?: number; size?: number },
  ): Promise<Descriptor> {
    return this.#finish(repo, await this.#find(repo, text, options), digest, options)
  }

  /** A session that nobody else knows of. */
  async push(
    repo: string,
    digest: Digest,
    options: CallOptions & { body: Body; size?: number },
  ): Promise<Descriptor> {
    const id = newUploadId(this.#core.now(), algorithmOf(digest))
    return this.#finish(repo, new Session(this.#core, id, () => id.session), digest, options)
  }

  async cancel(repo: string, text: string, options: CallOptions): Promise<void> {
    const call = settled(options)
    const session = await this.#find(repo, text, options)
    const begin = () => ({ repo, cancelled: true })
    const attempt = await this.#begin(session, { begin }, options)
    if (attempt === 'done') throw unknownUpload()
    const { place, handle } = attempt.before
    if (place !== undefined && handle !== undefined)
      await this.#core.storage.contents.abandon(place, handle, call)
  }

  async #find(repo: string, text: string, options: CallOptions): Promise<Session> {
    const keys = await this.#keys(settled(options))
    const whose = holder(repo, options)
    const id = parseUploadId(text, whose, keys)
    if (!id) throw unknownUpload()
    const session = new Session(this.#core, id, (at: UploadId) => formatUploadId(at, whose, keys[0]!))
    // Past its time a session lives only while somebody writes to it.
    if (this.#core.now() - id.time > this.#core.grace) {
      const { touched, pending } = await session.newest(settled(options))
      if (pending?.begin.cancelled || this.#core.now() - touched > this.#core.grace / 2) throw unknownUpload()
    }
    return session
  }

  #begin(
    session: Session,
    wish: Parameters<typeof beginAttempt>[2],
    options: CallOptions,
  ): Promise<Attempt | 'done'> {
    options.signal?.throwIfAborted()
    return beginAttempt(this.#core, session, wish, settled(options))
  }

  async #finish(
    repo: string,
    session: Session,
    digest: Digest,
    options: CallOptions & { body?: Body; offset?: number; size?: number },
  ): Promise<Descriptor> {
    const last: LastBytes = { body: options.body, size: options.size }
    const begin = (n: number, before: SessionState) => ({
      repo,
      digest,
      place: finishPlace(session, before, n, digest, last),
    })
    const attempt = await this.#begin(session, { offset: options.offset, digest, begin }, options)
    if (attempt === 'done') {
      if (options.body instanceof ReadableStream) await options.body.cancel()
      return this.#descriptor(repo, digest, options)
    }
    const finish: Omit<Finish, 'onGround'> = {
      ...attempt,
      repo,
      session,
      digest,
      hasher: this.#hasherFor(session, attempt.before, algorithmOf(digest)),
      beat: this.#heart(session, attempt.n, settled(options)),
      ...last,
      signal: options.signal,
    }
    const size = await this.#settle(session, attempt, settled(options), (onGround) =>
      finishAttempt(this.#core, { ...finish, onGround }, settled(options)),
    )
    this.#live.forget(session.id.session, attempt.before.n)
    return { mediaType: OCTET_STREAM, digest, size }
  }

  async #descriptor(repo: string, digest: Digest, options: CallOptions): Promise<Descriptor> {
    const link = await readLink(this.#core, repo, digest, settled(options))
    if (!link) throw unknownUpload()
    return { mediaType: OCTET_STREAM, digest, size: link.size }
  }

  async #append(
    session: Session,
    { n, before }: Attempt,
    body: Body,
    options: CallOptions & { offset?: number; size?: number },
    onGround: (ground: Ground) => void,
  ): Promise<Upload> {
    const call = settled(options)
    const ground = await groundFor(this.#core, session, before, n, call)
    const hasher = this.#hasherFor(session, before, session.id.algorithm)
    const beat = this.#heart(session, n, call)
    const intake = takeIn(body, {
      onChunk: async (chunk) => {
        await hasher?.update(chunk)
        await beat()
      },
      size: options.size,
      signal: options.signal,
      // Only who says where bytes go can find out where to go on; for others a retry starts over.
      keepPrefix: options.offset !== undefined,
    })
    onGround(ground)
    const added = await addPiece(this.#core, ground, before.offset, intake.stream, call)
    if (intake.failure instanceof RegistryError || intake.failure === undefined) intake.check()
    const state = await this.#ended(session, before, n, added, hasher, call)
    if (!(await session.end(state, call))) {
      const { state: newest } = await session.newest(call)
      throw busy(session, newest.n, newest.offset)
    }
    if (hasher) this.#live.keep(session.id.session, n, hasher)
    this.#live.forget(session.id.session, before.n)
    if (intake.failure !== undefined) throw intake.failure
    return { id: session.idAt(n), offset: state.offset }
  }

  async #ended(
    session: Session,
    before: SessionState,
    n: number,
    ground: Ground & { size: number },
    hasher: SessionHasher | null,
    call: Call,
  ): Promise<SessionState> {
    const { place, handle, count } = ground
    const offset = before.offset + ground.size
    const hash = hasher ? { hash: await (hasher.copy() ?? hasher).note() } : {}
    const previous = before.pieces.length > 0 ? before.n : before.previous
    const state = { n, offset, place, handle, count, pieces: ground.pieces, previous, ...hash }
    if (ground.all) return { ...state, all: true }
    if (n % FULL_LIST > 0) return state
    return { ...state, pieces: [...(await session.pieces(before, call)), ...ground.pieces], all: true }
  }

  /** Runs an attempt; if it fails, the session is as before. */
  async #settle<T>(
    session: Session,
    { n, before }: Attempt,
    call: Call,
    work: (onGround: (ground: Ground) => void) => Promise<T>,
  ): Promise<T> {
    let ground: Ground | undefined
    try {
      return await work((begun) => {
        ground = begun
      })
    } catch (error) {
      // What failed may fail again here: the silence of the attempt then frees the session.
      const reverted = await session.revert(before, n, call).catch(() => null)
      // Only now is it certain that no state names what the attempt began.
      if (reverted && ground && ground.place !== before.place)
        await this.#core.storage.contents.abandon(ground.place, ground.handle, call).catch(() => {})
      const hasher = reverted && this.#live.take(session.id.session, before.n)
      if (hasher) this.#live.keep(session.id.session, n, hasher)
      if (reverted !== false || session.hasEnded(n) || error instanceof RegistryError) throw error
      // Overtaken: the bytes may have been sealed or removed under us.
      const { state, pending } = await session.newest(call)
      if (pending && (await isDone(this.#core, pending.begin, call))) throw unknownUpload()
      throw busy(session, state.n, state.offset)
    }
  }

  /** A hasher that stands at the end of `before`; `null` if there is none. */
  #hasherFor(session: Session, before: SessionState, algorithm: Algorithm): SessionHasher | null {
    if (before.offset === 0) return SessionHasher.start(algorithm)
    const { hash, offset } = before
    if (hash?.upTo !== offset) return null
    return this.#live.take(session.id.session, before.n) ?? SessionHasher.resume(hash)
  }

  /** Gives a sign of life when one is due. */
  #heart(session: Session, n: number, call: Call): () => Promise<void> {
    let last = this.#core.now()
    return async () => {
      if (this.#core.now() - last < HEARTBEAT) return
      last = this.#core.now()
      await session.beat(n, call)
    }
  }
}

function holder(repo: string, { context }: CallOptions): Holder {
  return { repo, subject: context?.subject?.name ?? '' }
}
