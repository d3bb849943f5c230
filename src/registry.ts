/**
 * The contract of a registry. A *registry* is a value of {@link Registry}: a store, a client, or a wrapper
 * around others. The HTTP server serves any of them.
 *
 * Four roles, so that a helper asks for no more than it uses. Names, tags and digests that arrive here have
 * been checked by `ocikit/oci`; calls of one method never depend on an object of an earlier call.
 * @module
 */

import type { Algorithm, ByteRange, Descriptor, Digest, Span, Tag } from './oci/index.ts'
import { RegistryError } from './oci/index.ts'

/** Everything a registry can do. */
export interface Registry extends Reader, Writer, Deleter, Lister {}

/** What every call may be given, last. */
export interface CallOptions {
  /** Cancels the call and every stream that it returned. */
  signal?: AbortSignal
  /** Who calls, why, and on behalf of which request. */
  context?: Context
}

/** The request behind a call: for authorisers, wrappers, events and logs. It never decides what data is read. */
export interface Context {
  /** Unique for each request; it is in the log line and in the body of a 500. */
  readonly requestId: string
  /** Who calls; `null` for anonymous. */
  readonly subject: Subject | null
  /** What the request is about. */
  readonly action: Action
  /** Where it comes from, as far as the runtime tells. */
  readonly client?: { readonly address?: string; readonly agent?: string }
  /** Hands over work that outlives the answer: `waitUntil` where the runtime has it, else awaited by `close()`. */
  defer(work: Promise<unknown>): void
  /** Adds a warning to the answer: `Warning: 299 - "text"` (distribution-spec, "Warnings"). */
  warn(text: string): void
  /**
   * Shows the inspector something of this request: secrets in `value` are redacted. Absent unless the request is
   * inspected, so that `context.inspect?.('label', value)` costs nothing else.
   */
  inspect?(label: string, value?: unknown): void
}

/** Somebody who calls. Authenticators may add fields of their own. */
export interface Subject {
  /** Stable and unique: upload sessions are bound to it. */
  readonly name: string
  /** What an authenticator has added. */
  readonly [field: string]: unknown
}

/** The endpoint that a request addresses. */
export type Endpoint =
  | 'ping'
  | 'catalog'
  | 'extensions'
  | 'tags'
  | 'referrers'
  | 'manifest'
  | 'blob'
  | 'uploads'
  | 'upload'

/** What a request is about. */
export interface Action {
  /** The kind of address; `token` that of a token service, of which only a rate limit is told. */
  readonly endpoint: Endpoint | 'token'
  /** `GET`, `HEAD`, `POST`, `PATCH`, `PUT` or `DELETE`. */
  readonly method: string
  /** The repository, where the endpoint has one. */
  readonly repository?: string
  /** The tag, digest or upload id, where the endpoint has one. */
  readonly resource?: string
  /** The repository that a mount reads from. */
  readonly from?: string
}

/** Bytes on their way in. Whoever is given a stream reads it to the end or cancels it. */
export type Body = ReadableStream<Uint8Array> | Uint8Array

/** Reads content. */
export interface Reader {
  /**
   * Finds a blob; nothing is opened before `stream()` or `bytes()`.
   *
   * @param options.range Absent means the whole blob. `descriptor.size` is the whole blob's, also for a range.
   * @param options.location The caller can use a redirect: the answer may carry `location` instead of bytes.
   * @throws {@link RegistryError} `BLOB_UNKNOWN`, `NAME_UNKNOWN`, `RANGE_INVALID`.
   */
  getBlob(
    repo: string,
    digest: Digest,
    options?: CallOptions & { range?: ByteRange; location?: boolean },
  ): Promise<Content>
  /**
   * Describes a blob and promises that it can be used in a manifest for at least half the grace period.
   * @throws {@link RegistryError} `BLOB_UNKNOWN`, `NAME_UNKNOWN`.
   */
  resolveBlob(repo: string, digest: Digest, options?: CallOptions): Promise<Descriptor>
  /**
   * Reads a manifest, byte for byte as it was pushed.
   * @throws {@link RegistryError} `MANIFEST_UNKNOWN`, `NAME_UNKNOWN`.
   */
  getManifest(repo: string, reference: Digest | Tag, options?: CallOptions): Promise<Manifest>
  /** Describes a manifest. Errors as {@link Reader.getManifest}. */
  resolveManifest(repo: string, reference: Digest | Tag, options?: CallOptions): Promise<Descriptor>
}

/** A blob, or a part of it, that nobody has opened yet. Disposing of it cancels what was opened. */
export interface Content extends AsyncDisposable {
  /** The whole blob's, also for a range. */
  readonly descriptor: Descriptor
  /** The part that `stream()` gives; absent for the whole. */
  readonly range?: Span
  /** A URL to redirect to instead; only when asked for. */
  readonly location?: string
  /** Opens it. At most once; the caller reads to the end or cancels. */
  stream(): ReadableStream<Uint8Array>
  /** Reads it whole. @throws {@link RegistryError} `SIZE_INVALID` above `limit` bytes (default 4 MiB). */
  bytes(limit?: number): Promise<Uint8Array>
}

/** A manifest with its bytes as pushed. */
export interface Manifest {
  /** Its media type, digest and size. */
  readonly descriptor: Descriptor
  /** As pushed, byte for byte. */
  readonly bytes: Uint8Array
}

/** Writes content. */
export interface Writer {
  /**
   * Stores a whole blob.
   * @param blob.size Bytes, when known: a body of another length is refused.
   * @throws {@link RegistryError} `DIGEST_INVALID`, `SIZE_INVALID`: nothing is visible.
   */
  pushBlob(
    repo: string,
    blob: { digest: Digest; size?: number },
    body: Body,
    options?: CallOptions,
  ): Promise<Descriptor>
  /** Begins an upload. @param options.algorithm Announces what the digest will be (default sha256); a hint. */
  startUpload(repo: string, options?: CallOptions & { algorithm?: Algorithm }): Promise<Upload>
  /** Tells how far an upload is. @throws {@link RegistryError} `BLOB_UPLOAD_UNKNOWN`. */
  uploadStatus(repo: string, id: string, options?: CallOptions): Promise<Upload>
  /**
   * Appends a chunk.
   * @param options.offset Where the chunk begins; absent means at the end. Anything but the end is refused.
   * @param options.size Bytes of the body, when known: a body of another length is refused and nothing kept.
   * @throws {@link RegistryError} `RANGE_INVALID` with `error.upload`, the session as it now is;
   *   `SIZE_INVALID`, `BLOB_UPLOAD_UNKNOWN`.
   */
  writeUpload(
    repo: string,
    id: string,
    body: Body,
    options?: CallOptions & { offset?: number; size?: number },
  ): Promise<Upload>
  /**
   * Ends an upload: optional last bytes, then verify, then visible. Repeating a finished one succeeds.
   * @throws {@link RegistryError} `DIGEST_INVALID`: nothing is visible, the session is kept. Else as
   *   {@link Writer.writeUpload}.
   */
  finishUpload(
    repo: string,
    id: string,
    digest: Digest,
    options?: CallOptions & { body?: Body; offset?: number; size?: number },
  ): Promise<Descriptor>
  /** Ends an upload without a blob. @throws {@link RegistryError} `BLOB_UPLOAD_UNKNOWN`. */
  cancelUpload(repo: string, id: string, options?: CallOptions): Promise<void>
  /**
   * Makes a blob of another repository readable here, without its bytes moving.
   *
   * @param options.from The repository to take it from. Absent: any for which `mayRead` answers true;
   *   without `mayRead`, none.
   * @returns `null` when that is not possible: upload it instead.
   */
  mountBlob(
    repo: string,
    digest: Digest,
    options?: CallOptions & { from?: string; mayRead?: (repo: string) => boolean | Promise<boolean> },
  ): Promise<Descriptor | null>
  /**
   * Stores exactly `bytes`.
   *
   * @param mediaType The `Content-Type` as sent; empty when absent.
   * @param options.digest What the bytes must hash to; absent means sha256.
   * @param options.tags All are set to this manifest, after it is stored.
   * @returns `subject` is set when the referrers of that manifest are served here.
   * @throws {@link RegistryError} `MANIFEST_INVALID`, `DIGEST_INVALID`, `MANIFEST_BLOB_UNKNOWN` (one entry
   *   for each missing digest).
   */
  pushManifest(
    repo: string,
    bytes: Uint8Array,
    mediaType: string,
    options?: CallOptions & { digest?: Digest; tags?: readonly Tag[] },
  ): Promise<PushedManifest>
}

/** An upload session. */
export interface Upload {
  /** Opaque, for the next call; it may change with every call, and older ones stay usable. */
  readonly id: string
  /** Bytes stored so far. */
  readonly offset: number
  /** Chunks other than the last should have at least this many bytes. */
  readonly minChunk?: number
  /** Chunks should have at most this many bytes. */
  readonly maxChunk?: number
}

/** What a manifest push has stored. */
export interface PushedManifest {
  /** Its media type, digest and size. */
  readonly descriptor: Descriptor
  /** The tags that now name it. */
  readonly tags: readonly Tag[]
  /** Its subject, if referrers are served. */
  readonly subject?: Digest
}

/** Deletes content. What is deleted is gone for the very next call. */
export interface Deleter {
  /**
   * Deletes a blob from a repository; others keep theirs.
   * @throws {@link RegistryError} `BLOB_UNKNOWN`, `NAME_UNKNOWN`.
   */
  deleteBlob(repo: string, digest: Digest, options?: CallOptions): Promise<void>
  /** Deletes a manifest and every tag that names it. @throws {@link RegistryError} `MANIFEST_UNKNOWN`, `NAME_UNKNOWN`. */
  deleteManifest(repo: string, digest: Digest, options?: CallOptions): Promise<void>
  /** Deletes a tag, not its manifest. @throws {@link RegistryError} `MANIFEST_UNKNOWN`, `NAME_UNKNOWN`. */
  deleteTag(repo: string, tag: Tag, options?: CallOptions): Promise<void>
}

/** Which part of a list is asked for. */
export interface ListOptions extends CallOptions {
  /** Strictly after this one, which need not exist. */
  after?: string
  /** At most so many. Absent means all. */
  limit?: number
}

/**
 * Lists content, bytewise ascending. Nothing is asked before the first `next()`, from which errors come; leaving the loop
 * stops the I/O.
 */
export interface Lister {
  /** The tags of a repository. @throws {@link RegistryError} `NAME_UNKNOWN`. */
  tags(repo: string, options?: ListOptions): AsyncIterable<Tag>
  /** Every repository that a manifest was pushed to. */
  repositories(options?: ListOptions): AsyncIterable<string>
  /**
   * What refers to `subject`, in any order, each once. An unknown subject or repository has none.
   * @param options.artifactTypes Only these; several are a union.
   * @param options.after A `cursor` of an earlier entry.
   */
  referrers(
    repo: string,
    subject: Digest,
    options?: CallOptions & { artifactTypes?: readonly string[]; after?: string },
  ): AsyncIterable<Referrer>
}

/** An entry in the list of referrers. */
export interface Referrer {
  /** Of the manifest that refers, with its `artifactType` and annotations. */
  readonly descriptor: Descriptor
  /** Goes back in as `after`. */
  readonly cursor: string
  /** False only if it comes from a registry that did not apply the filter asked for. */
  readonly filtered: boolean
}

/** The names of all methods of {@link Registry}. */
export const REGISTRY_METHODS: readonly (keyof Registry)[] = [
  'getBlob',
  'resolveBlob',
  'getManifest',
  'resolveManifest',
  'pushBlob',
  'startUpload',
  'uploadStatus',
  'writeUpload',
  'finishUpload',
  'cancelUpload',
  'mountBlob',
  'pushManifest',
  'deleteBlob',
  'deleteManifest',
  'deleteTag',
  'tags',
  'repositories',
  'referrers',
]

const LISTS: readonly string[] = ['tags', 'repositories', 'referrers']

/**
 * Makes a registry of some methods. A method that is not given throws `UNSUPPORTED`: wrappers are built with
 * this and so fail closed, also when the contract grows.
 *
 * @example
 * ```ts
 * import { defineRegistry } from 'ocikit'
 *
 * const empty = defineRegistry({ tags: async function* () {} })
 * await empty.deleteTag('a', 'latest').catch((error) => console.log(error.code)) // UNSUPPORTED
 * ```
 */
export function defineRegistry(parts: Partial<Registry>): Registry {
  const registry: Record<string, unknown> = {}
  for (const method of REGISTRY_METHODS) {
    registry[method] = parts[method]?.bind(parts) ?? unsupported(method)
  }
  return registry as unknown as Registry
}

/** The explicit opposite of {@link defineRegistry}: what `overrides` does not name goes to `inner`. */
export function passThrough(inner: Registry, overrides: Partial<Registry>): Registry {
  const registry: Record<string, unknown> = {}
  for (const method of REGISTRY_METHODS) {
    registry[method] = overrides[method]?.bind(overrides) ?? (inner[method] as CallableFunction).bind(inner)
  }
  return registry as unknown as Registry
}

function unsupported(method: string): unknown {
  const error = (): RegistryError =>
    new RegistryError('UNSUPPORTED', `this registry does not support ${method}`)
  if (!LISTS.includes(method)) {
    return async (...args: unknown[]) => {
      await letGo(args)
      throw error()
    }
  }
  return () => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error()) }),
  })
}

/** A stream that a call was given is not left unread, also when the call is refused. */
async function letGo(args: readonly unknown[]): Promise<void> {
  for (const arg of args) {
    const body = arg instanceof ReadableStream ? arg : (arg as { body?: unknown } | undefined)?.body
    if (body instanceof ReadableStream && !body.locked) await body.cancel().catch(() => {})
  }
}
