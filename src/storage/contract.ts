/**
 * The storage contract: all that a driver has to do.
 *
 * Two faces. *Records* are small values with conditions and ordered listing; *contents* are immutable bytes,
 * written once at a place that is never used again. Drivers know nothing of uploads, digests of blobs in
 * repositories, or collection: those live once, in the engine. A driver passes `storageSuite()` of
 * `ocikit/testing`.
 * @module
 */

import type { Digest } from '../oci/index.ts'
import type { Body, Context } from '../registry.ts'

/** Everything that Ocikit keeps. */
export interface Storage {
  /** Small values with conditions: what names and refers to contents. */
  readonly records: Records
  /** Immutable bytes: blobs. */
  readonly contents: Contents
  /** What the driver promises. */
  readonly traits: Traits
  /**
   * What lies among the storage's own files or objects and is neither a record nor a content, as paths for people
   * to read, in any order. Absent where there can be no such thing.
   */
  foreign?(options?: Call): AsyncIterable<string>
  /** Lets go of what the driver holds (locks, sockets). The storage is not used afterwards. */
  close?(): Promise<void>
}

/** What a driver can and cannot promise. Declared, never sniffed. */
export interface Traits {
  /**
   * `strong`: a get or list begun after a write ended sees it. `eventual`: the engine keeps session state in
   * the upload id, offers no collection, and says so.
   */
  readonly consistency: 'strong' | 'eventual'
  /** Longest key in bytes. The engine shortens the permitted repository name to fit. */
  readonly maxKey: number
  /**
   * `exact`: {@link Records.remove} is atomic. `emulated`: it trusts that a request takes effect within its
   * limit or never. `none`: no online collection, tags are tidied by plain delete.
   */
  readonly remove: 'exact' | 'emulated' | 'none'
  /** How far `modified` may differ from a replica's clock, plus how stale a list may be, in milliseconds. */
  readonly skew: number
}

/** What every call may be given, last. */
export interface Call {
  /** Cancels the call and every stream that it returned. */
  signal?: AbortSignal
  /** For logs and tracing. It never decides what is read. */
  context?: Context
}

/**
 * Small values, at most 4 MiB + 64 KiB each. Keys are flat strings: `a` and `a/b` may both exist; a key is not
 * empty. Versions are opaque; the engine puts a fresh nonce into every value, so that a version may be derived
 * from the bytes.
 */
export interface Records {
  /** The value, or `null` if the key is absent. */
  get(key: string, options?: Call): Promise<Rec | null>
  /**
   * Creates the key and returns its version, or returns `null` if it exists. Atomic over all processes, and
   * durable when it resolves, unless `volatile`: such a key may be lost in a power cut, not in a crash.
   */
  create(key: string, value: Uint8Array, options?: Call & { volatile?: boolean }): Promise<string | null>
  /**
   * Writes durably and returns the new version. With `version`: only if that is still the current one, else
   * `null`; an absent key never matches. Without it, never `null`. Readers see old or new, never neither.
   */
  put(key: string, value: Uint8Array, options?: Call & { version?: string }): Promise<string | null>
  /** Removes one key if it still has `version`; false if it changed or is gone. */
  remove(key: string, version: string, options?: Call): Promise<boolean>
  /** Removes keys that are never rewritten, any number of them. Absent keys are fine. */
  drop(keys: readonly string[], options?: Call): Promise<void>
  /**
   * Keys under `prefix` (any string, also the beginning of a segment), bytewise ascending by UTF-8, strictly
   * after `after` (a full key), at most `limit`. With `values` each entry has its record; one that vanishes
   * meanwhile is left out. Leaving the loop stops the I/O.
   */
  list(
    prefix: string,
    options?: Call & { after?: string; limit?: number; values?: boolean },
  ): AsyncIterable<Entry>
}

/** A record. */
export interface Rec {
  /** The caller's own: it may change it. */
  readonly value: Uint8Array
  /** For conditions. */
  readonly version: string
  /** Time of the last write by the storage's clock, in milliseconds since 1970. */
  readonly modified: number
}

/** A key in a listing; with its record if values were asked for. */
export interface Entry {
  /** The full key. */
  readonly key: string
  /** Absent unless values were asked for. */
  readonly rec?: Rec
}

/**
 * Immutable bytes. The engine picks a fresh place for every attempt; the driver may answer with a nicer one,
 * equally unique.
 */
export interface Contents {
  /** How pieces must be cut. */
  readonly pieces: PieceRules
  /** Algorithms that `write` verifies before the content exists. Empty: the engine hashes. */
  readonly verifies: readonly string[]
  /**
   * Stores content in one shot, durable when it resolves. Returns the place to remember.
   * @throws {@link RegistryError} `SIZE_INVALID` when the body is not `size` bytes long, `DIGEST_INVALID` if
   *   the driver verifies. Then, and when the body fails, nothing is readable at `place`.
   */
  write(place: string, body: Body, options: Call & { size: number; digest?: Digest }): Promise<string>
  /** Begins content made of pieces. Returns an opaque handle that fits in a record. */
  open(place: string, options?: Call): Promise<string>
  /**
   * Stores piece `no` (from 1), which starts at `offset`; resolves when it is durable. The receipt is for
   * `seal`. Bytes below `offset` are never touched; bytes of an earlier attempt at or above it are replaced.
   * @param at.size Bytes of the body, when known.
   * @throws {@link RegistryError} `SIZE_INVALID` if that differs; `BLOB_UPLOAD_INVALID`, from a driver that limits
   *   its pieces ({@link PieceRules}), if what `open` began is gone and nothing is sealed at the place: the session
   *   then starts over.
   */
  piece(
    place: string,
    handle: string,
    at: { no: number; offset: number; size?: number },
    body: Body,
    options?: Call,
  ): Promise<{ receipt: string; size: number }>
  /**
   * For content that is not sealed: a private copy of the first `size` bytes at the place `to`, for a new attempt; returns its handle. Absent
   * where later pieces are guarded by receipts, so that `seal` fails closed.
   */
  fork?(place: string, handle: string, to: string, size: number, options?: Call): Promise<string>
  /**
   * Makes the pieces one readable, durable content of exactly `size` bytes, without copying. Idempotent:
   * sealing what is sealed with that size succeeds. Returns the place to remember.
   * @throws {@link RegistryError} `SIZE_INVALID` when fewer bytes are there; `BLOB_UPLOAD_INVALID`, from a driver
   *   that limits its pieces, when nothing is sealed and what `open` began is gone or a piece is not the one of the
   *   receipt.
   */
  seal(
    place: string,
    handle: string,
    pieces: readonly Piece[],
    options: Call & { size: number; digest?: Digest },
  ): Promise<string>
  /**
   * Removes what was begun by `open` and not sealed. Absent is fine. An empty handle means whatever is being built
   * at the place: its handle was lost with the process that opened it.
   */
  abandon(place: string, handle: string, options?: Call): Promise<void>
  /** Bytes of the content, or `null` if it is absent. */
  size(place: string, options?: Call): Promise<number | null>
  /**
   * Finds content; `stream()` does the I/O. `null` if absent. The range must lie within the content.
   * @returns `size` is the whole content's, also for a range.
   */
  read(
    place: string,
    range?: { offset: number; length: number },
    options?: Call,
  ): Promise<{ size: number; stream(): ReadableStream<Uint8Array> } | null>
  /** Removes contents. Absent ones are fine. A stream that is being read ends whole or fails, never short. */
  remove(places: readonly string[], options?: Call): Promise<void>
  /**
   * Contents whose places begin with `prefix`, which ends in a slash: bytewise ascending by UTF-8, strictly after
   * `after` (a full place). Also what is still being built, where the store shows that. Leaving the loop stops the
   * I/O. For checks, which look for what nothing names; absent where a store cannot tell: then nobody looks.
   */
  list?(prefix: string, options?: Call & { after?: string }): AsyncIterable<StoredContent>
  /** A URL that serves the content to anyone for `seconds`. */
  url?(place: string, options: Call & { seconds: number; filename?: string }): Promise<string>
}

/** A content in a listing. */
export interface StoredContent {
  /** Where it lies. */
  readonly place: string
  /** Bytes. */
  readonly size: number
  /** It is still being built: nobody can read it. */
  readonly partial: boolean
}

/** How a driver wants its pieces. */
export interface PieceRules {
  /** Fewest bytes of every piece but the last. */
  readonly min: number
  /** Most bytes of a piece. */
  readonly max: number
  /** Most pieces. */
  readonly count: number
  /** All pieces but the last have one size. */
  readonly equal: boolean
  /** The size of a piece must be known before it is sent. */
  readonly sized: boolean
}

/** A stored piece. */
export interface Piece {
  /** Its number, from 1. */
  readonly no: number
  /** Bytes. */
  readonly size: number
  /** What {@link Contents.piece} gave for it. */
  readonly receipt: string
}
