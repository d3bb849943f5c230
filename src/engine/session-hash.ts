/**
 * Hashing a blob that arrives in several requests.
 *
 * Every request hashes natively as it streams. What is known at its end goes into the session: the digest so
 * far, and for runtimes whose hashers cannot be copied, the state of a portable one while the blob is small and
 * more bytes are expected. The cheapest sufficient proof is taken at the finish; without any, the sealed bytes are
 * read once.
 * @module
 */

import { createHasher, type Hasher, portableHasher, type ResumableHasher } from '../hash/index.ts'
import type { Algorithm, Digest } from '../oci/index.ts'

/** What an attempt's end record says about the hash of bytes 0 to `upTo`. */
export interface HashNote {
  readonly algorithm: Algorithm
  readonly upTo: number
  /** The digest of exactly those bytes. */
  readonly value?: Digest
  /** State of a portable hasher after exactly those bytes. */
  readonly state?: string
}

/** Above this a portable hasher costs more than reading the bytes back. */
const MAX_PORTABLE = 32 * 1024 * 1024
/** Sessions whose hashers are kept in memory between two requests. */
const MAX_LIVE = 256

/** Hashes the bytes of one session, in order, from its first byte on. */
export class SessionHasher {
  readonly algorithm: Algorithm
  #native: Hasher | null
  #portable: ResumableHasher | null
  #upTo: number

  private constructor(
    algorithm: Algorithm,
    native: Hasher | null,
    portable: ResumableHasher | null,
    upTo: number,
  ) {
    this.algorithm = algorithm
    this.#native = native
    this.#portable = portable
    this.#upTo = upTo
  }

  /**
   * For the first byte of a session.
   * @param goesOn More bytes are expected in another request.
   */
  static start(algorithm: Algorithm, goesOn: boolean): SessionHasher {
    const native = createHasher(algorithm)
    const portable = goesOn && !native.copy ? portableHasher(algorithm) : null
    return new SessionHasher(algorithm, native, portable, 0)
  }

  /** Goes on from a note; `null` if the note does not allow it. */
  static resume(note: HashNote): SessionHasher | null {
    if (note.state === undefined) return null
    return new SessionHasher(note.algorithm, null, portableHasher(note.algorithm, note.state), note.upTo)
  }

  /** Bytes hashed so far. */
  get upTo(): number {
    return this.#upTo
  }

  /** Takes the next bytes. A promise must have settled before the next call. */
  update(bytes: Uint8Array): void | Promise<void> {
    this.#upTo += bytes.length
    if (this.#upTo > MAX_PORTABLE) this.#portable = null
    this.#portable?.update(bytes)
    return this.#native?.update(bytes)
  }

  /** An independent hasher of the same bytes; `null` where the runtime cannot copy. */
  copy(): SessionHasher | null {
    const [native, portable] = this.#native ? [this.#native.copy?.(), null] : [null, this.#portable?.copy()]
    if (!native && !portable) return null
    return new SessionHasher(this.algorithm, native ?? null, portable ?? null, this.#upTo)
  }

  /** What to remember. A hasher that cannot be copied is used up. */
  async note(): Promise<HashNote> {
    const { algorithm } = this
    const hasher = this.#native ? (this.#native.copy?.() ?? this.#native) : this.#portable?.copy()
    const upTo = this.#upTo
    const value = await hasher?.digest()
    const state = this.#portable?.save()
    return { algorithm, upTo, ...(value && { value }), ...(state === undefined ? {} : { state }) }
  }
}

/** Hashers between two requests of a session, in this process. Valid only for one attempt's exact end. */
export class LiveHashers {
  readonly #hashers = new Map<string, SessionHasher>()

  /** Remembers a hasher that stands at the end of attempt `n`. */
  keep(session: string, n: number, hasher: SessionHasher): void {
    this.#hashers.set(`${session}/${n}`, hasher)
    for (const oldest of this.#hashers.keys()) {
      if (this.#hashers.size <= MAX_LIVE) break
      this.#hashers.delete(oldest)
    }
  }

  /** A copy of the hasher that stands at the end of attempt `n`. */
  take(session: string, n: number): SessionHasher | null {
    return this.#hashers.get(`${session}/${n}`)?.copy() ?? null
  }

  /** Forgets the hasher of attempt `n`. */
  forget(session: string, n: number): void {
    this.#hashers.delete(`${session}/${n}`)
  }
}
