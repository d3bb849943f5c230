/**
 * What a registry handler is made of.
 * @module
 */

import type { Auth } from '../auth/index.ts'
import type { RateLimiter } from '../limits/index.ts'
import type { RegistryError } from '../oci/index.ts'
import type { Inspector, Metrics } from '../watch/index.ts'

/** What every handler can be told, whatever it serves. */
export interface ServerOptions {
  /** Who may do what. Required, so that nobody opens a registry by leaving something out: see `open()`. */
  auth: Auth
  /** Path that everything lies under, for example `/registry`; most clients need the root (none). */
  basePath?: string
  /** Shown by clients when they ask for a password (`Registry`). */
  realm?: string
  /** What clients call this server, as in `https://registry.example`: token services need it (the request's host). */
  publicUrl?: string
  /**
   * Whose word about the client is taken, in `X-Forwarded-*`, or in `Forwarded` if there are none of these: true for
   * whoever connects, or addresses and networks as in `10.0.0.0/8` (false).
   */
  trustProxy?: boolean | readonly string[]
  /** Path under which a token service answers (`/token`). */
  tokenPath?: string
  /** What names are permitted, on top of the specification's grammar: a pattern or a function (all). */
  repositoryName?: RegExp | ((name: string) => boolean)
  /** Longest manifest in bytes; above it 413, and the body is not read further (4 MiB). */
  maxManifestSize?: number
  /** Longest blob in bytes, enforced while it streams; above it 413 (no limit). */
  maxBlobSize?: number
  /** Longest body of one PATCH or PUT of an upload in bytes; above it 413 (no limit). */
  maxChunkSize?: number
  /** Chunk sizes in bytes that clients are told to keep to (those of the registry). */
  chunkHints?: ChunkHints
  /**
   * Send clients to the storage for blobs, if it has URLs of its own: GET is then answered with 307, HEAD is not.
   * They must be able to reach it. True, or for how many seconds a URL is valid: at most a week, otherwise 15
   * minutes (false).
   */
  redirect?: boolean | { seconds: number }
  /** Whether blobs can be deleted; if not, 405 (true). */
  deleteBlobs?: boolean
  /** Whether manifests and tags can be deleted; if not, 405 (true). */
  deleteManifests?: boolean
  /** Refuse whatever would change something, with 405: the switch that a handler has is then on at first (false). */
  readOnly?: boolean
  /** Counts requests, and refuses what is too much with 429: see `tokenBucket()` (no limit). */
  rateLimit?: RateLimiter
  /** Origins whose pages may call the registry: `*` or a list (none). */
  cors?: '*' | readonly string[]
  /** Texts for the `Warning` header of every answer (none). */
  warnings?: readonly string[]
  /** Gets one line for each request, and what went wrong (silent). */
  logger?: Logger
  /** Looks into single requests: see `inspector()` (none). */
  inspect?: Inspector
  /** Answer at `/healthz`, and at `/readyz` as long as the storage can be reached (false). */
  health?: boolean
  /** Counts what happens, and shows it at `/metrics`: see `metrics()` (none). */
  metrics?: Metrics
  /** Show health and metrics not beside the registry, only through the handler's `monitor` (false). */
  monitorApart?: boolean
  /** Imitates registries that lack something, for tests and old clients (nothing is lacking). */
  compat?: Compat
  /**
   * Writes the body of an error (the specification's JSON). Headers that belong to the error, such as
   * `WWW-Authenticate`, `Allow` or `Location`, are added to what it returns.
   */
  formatError?: (error: RegistryError, request: Request) => Response
  /**
   * Key of the seal on upload ids, at least 32 bytes. A store keeps its keys in its storage; this is needed only
   * when several replicas serve a `registry` that does not seal its own ids (a random key for each process).
   */
  uploadKey?: Uint8Array
}

/** Advice for clients that upload in chunks; whoever does not follow it is served all the same. */
export interface ChunkHints {
  /** `OCI-Chunk-Min-Length`: every chunk but the last should have as many. */
  min?: number
  /** `OCI-Chunk-Max-Length`: no chunk should have more. Default: `maxChunkSize`, if that is set. */
  max?: number
}

/** What a registry may lack. Each is there unless it is set to false. */
export interface Compat {
  /** The referrers endpoint, and `OCI-Subject` as its proof: without them clients keep a tag for each subject. */
  referrers?: boolean
  /** Filtering of referrers by `artifactType`: without it clients filter themselves. */
  filters?: boolean
  /** A whole blob in one POST: without it the body is ignored and a session opened. */
  singlePost?: boolean
  /** Most entries of a page of tags or repositories, also when the client does not ask for pages (none). */
  pageLimit?: number
  /** `Docker-Content-Digest` on manifests that are read by tag. */
  tagDigest?: boolean
  /** `Link` to the next page. */
  link?: boolean
}

/** What a runtime knows beside the request. */
export interface Host {
  /** Keeps the runtime alive until `work` has settled. */
  waitUntil?(work: Promise<unknown>): void
  /** The client's address. */
  readonly address?: string
  /** Makes a Response of bytes at hand, where the runtime knows a faster way than its constructor. */
  respond?(bytes: Uint8Array, init: ResponseInit): Response
  /** The body of a request, where the runtime knows a faster way than `request.body`; `null` if it does not. */
  body?(request: Request): ReadableStream<Uint8Array> | null
}

/** Where log lines go. Secrets never reach it. */
export interface Logger {
  /** What only helps to find a fault: of a refused request `refused`, with its `id`, `code` and `why`. */
  debug(message: string, fields?: LogFields): void
  /** A served request has the message `request` and the fields of {@link RequestFields}. */
  info(message: string, fields?: LogFields): void
  /** Something is wrong, and requests are still served. */
  warn(message: string, fields?: LogFields): void
  /** A request or work of the registry's own has failed. */
  error(message: string, fields?: LogFields): void
}

/** Structured data of a log line; values are JSON. */
export type LogFields = { readonly [name: string]: unknown }

/** The fields of the line of a served request. */
export interface RequestFields extends LogFields {
  /** Unique for each request; the body of a 500 has it too. */
  readonly id: string
  /** `GET`, `HEAD` and so on, as sent. */
  readonly method: string
  /** Path with the query. */
  readonly path: string
  /** HTTP status of the answer. */
  readonly status: number
  /** Bytes of the answer's body. */
  readonly bytes: number
  /** Milliseconds until the answer was ready. */
  readonly ms: number
  /** Name of the subject, `-` for anonymous. */
  readonly subject: string
  /** `User-Agent` of the client, `-` if it sent none. */
  readonly agent: string
}
