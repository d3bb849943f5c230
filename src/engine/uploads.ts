/**
 * Uploads: bytes in any number of requests, to any replica, then a blob or nothing.
 * @module
 */

import { type Algorithm, algorithmOf, type Descriptor, type Digest, OCTET_STREAM } from '../oci/index.ts'
import type { Body, CallOptions, Upload } from '../registry.ts'
import type { Call } from '../storage/index.ts'
import { appendBytes, removeTail } from './append.ts'
import { type Attempt, beginAttempt, unknownUpload } from './attempt.ts'
import { type Core, cancellable, settled } from './core.ts'
import { type Finish, finishAttempt, finishPlace, type LastBytes } from './finish.ts'
import { sessionPlace, tailPlace } from './keys.ts'
import { readLink } from './links.ts'
import { takesAny } from './piece-sizes.ts'
import { stopwatch } from './rely.ts'
import { HEARTBEAT, isDone, Session, type SessionBegin, type SessionState } from './session.ts'
import { LiveHashers, SessionHasher } from './session-hash.ts'
import { overtaken, settleAttempt } from './settle.ts'
import type { SigningKeys } from './signing.ts'
import type { Incoming, Traces } from './upload-bytes.ts'
import { formatUploadId, type Holder, newUploadId, parseUploadId, type UploadId } from './upload-id.ts'
import { admit, requireRoom } from './usage/room.ts'

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
    await requireRoom(this.#core, repo, 1, settled(options))
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
    const { session: id } = session.id
    const tails = !takesAny(this.#core.storage.contents.pieces)
    const begin = (n: number): SessionBegin => ({
      repo,
      place: sessionPlace(id, n),
      ...(tails ? { tail: tailPlace(id, n) } : {}),
    })
    const attempt = await this.#begin(session, { offset: options.offset, begin }, options)
    if (attempt === 'done') throw unknownUpload()
    return settleAttempt(this.#core, this.#live, session, attempt, settled(options), (traces) =>
      this.#append(repo, session, attempt, body, options, traces),
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
    const { place, handle, tail } = attempt.before
    if (place !== undefined && handle !== undefined)
      await this.#core.storage.contents.abandon(place, handle, call)
    if (tail) await removeTail(this.#core, tail.place, call)
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
    const placeOf = (n: number, before: SessionState): string =>
      finishPlace(this.#core, session, before, n, digest, last)
    const begin = (n: number, before: SessionState) => ({ repo, digest, place: placeOf(n, before) })
    const passed = stopwatch(this.#core)
    const attempt = await this.#begin(session, { offset: options.offset, digest, begin }, options)
    if (attempt === 'done') {
      if (options.body instanceof ReadableStream) await options.body.cancel()
      return this.#descriptor(repo, digest, options)
    }
    const finish: Omit<Finish, 'traces'> = {
      ...attempt,
      repo,
      session,
      digest,
      passed,
      fresh: placeOf(attempt.n, attempt.before),
      hasher: this.#hasherFor(session, attempt.before, algorithmOf(digest), false),
      beat: this.#heart(session, attempt.n, settled(options)),
      ...last,
      signal: options.signal,
    }
    const call = settled(options)
    const work = async (traces: Traces): Promise<number> => {
      const body = await admit(this.#core, repo, { ...last, offset: attempt.before.offset, digest }, call)
      return finishAttempt(this.#core, { ...finish, body, traces }, call)
    }
    const size = await settleAttempt(this.#core, this.#live, session, attempt, call, work)
    this.#live.forget(session.id.session, attempt.before.n)
    return { mediaType: OCTET_STREAM, digest, size }
  }

  async #descriptor(repo: string, digest: Digest, options: CallOptions): Promise<Descriptor> {
    const link = await readLink(this.#core, repo, digest, settled(options))
    if (!link) throw unknownUpload()
    return { mediaType: OCTET_STREAM, digest, size: link.size }
  }

  async #append(
    repo: string,
    session: Session,
    attempt: Attempt,
    body: Body,
    options: CallOptions & { offset?: number; size?: number },
    traces: Traces,
  ): Promise<Upload> {
    const call = settled(options)
    const { n, before } = attempt
    const { size } = options
    const incoming: Incoming = {
      ...attempt,
      session,
      body: await admit(this.#core, repo, { offset: before.offset, body, size }, call),
      size,
      // Only who says where bytes go can find out where to go on; for others a retry starts over.
      keepPrefix: options.offset !== undefined,
      fresh: sessionPlace(session.id.session, n),
      // Who sends all bytes in one request, as docker does, does not say where they go.
      hasher: this.#hasherFor(session, before, session.id.algorithm, options.offset !== undefined),
      beat: this.#heart(session, n, call),
      signal: options.signal,
      traces,
    }
    const { state, hasher, failure } = await appendBytes(this.#core, incoming, call)
    if (hasher) this.#live.keep(session.id.session, n, hasher)
    this.#live.forget(session.id.session, before.n)
    if (failure !== undefined) throw failure
    return { id: session.idAt(n), offset: state.offset }
  }

  /**
   * A hasher that stands at the end of `before`; `null` if there is none.
   * @param goesOn This is not expected to be the last request with bytes.
   */
  #hasherFor(
    session: Session,
    before: SessionState,
    algorithm: Algorithm,
    goesOn: boolean,
  ): SessionHasher | null {
    if (before.offset === 0) return SessionHasher.start(algorithm, goesOn)
    const { hash, offset } = before
    if (hash?.upTo !== offset) return null
    return this.#live.take(session.id.session, before.n) ?? SessionHasher.resume(hash)
  }

  /** Gives a sign of life when one is due. Where nobody can go on on a copy, it stops a writer that was given up. */
  #heart(session: Session, n: number, call: Call): () => Promise<void> {
    const shared = this.#core.storage.contents.fork === undefined
    let last = this.#core.now()
    return async () => {
      if (this.#core.now() - last < HEARTBEAT) return
      last = this.#core.now()
      if (shared && (await session.state(n, call))) throw await overtaken(this.#core, session, call)
      await session.beat(n, call)
    }
  }
}

function holder(repo: string, { context }: CallOptions): Holder {
  return { repo, subject: context?.subject?.name ?? '' }
}
