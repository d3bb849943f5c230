/**
 * The errors a client is shown.
 *
 * One class, one table from code to status, used on every route. Anything else that is thrown becomes a
 * 500 that shows nothing of the inside.
 * @module
 */

/** Codes of the distribution-spec, section "Error Codes", and the few de-facto ones that clients know. */
export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  // Not in the specification's table, but in use by registries and understood as generic by clients.
  | 'RANGE_INVALID'
  | 'TAG_INVALID'
  | 'PAGINATION_NUMBER_INVALID'
  | 'NOT_FOUND'
  | 'STORAGE_FULL'
  | 'UNAVAILABLE'
  | 'UNKNOWN'

/** The one table from code to HTTP status. A code that is not in it answers 400. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  RANGE_INVALID: 416,
  TAG_INVALID: 400,
  PAGINATION_NUMBER_INVALID: 400,
  NOT_FOUND: 404,
  STORAGE_FULL: 507,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
}

/** One entry of the `errors` array in an error body. */
export interface ErrorEntry {
  /** A code of the specification, or a custom one in capitals and underscores. */
  readonly code: string
  /** For people. Never a secret. */
  readonly message: string
  /** Any JSON value. Never a secret. */
  readonly detail?: unknown
}

/** The state of an upload session at the time of an error: a 416 carries it as Location and Range. */
export interface ErrorUpload {
  /** Opaque, for the next call. */
  readonly id: string
  /** Bytes stored so far. */
  readonly offset: number
}

/** What may be said about an error beside its code and message. */
export interface RegistryErrorOptions {
  /** HTTP status. Default: the code's own, 400 for a custom code. */
  status?: number
  /** Goes to `errors[0].detail`. Never a secret. */
  detail?: unknown
  /** What caused it. It reaches logs, never clients. */
  cause?: unknown
  /** Extra response headers, for example `Retry-After`. */
  headers?: Readonly<Record<string, string>>
  /** The upload session as it now is. */
  upload?: ErrorUpload
  /** Further entries of the `errors` array. */
  also?: readonly ErrorEntry[]
}

/**
 * An error that a client is shown. Drivers, wrappers and authorisers may throw it with a code, a status and
 * a detail of their own; the client sees exactly those.
 *
 * @example
 * ```ts
 * import { RegistryError } from 'ocikit/oci'
 *
 * const full = new RegistryError('QUOTA_EXCEEDED', 'the team has used its 10 GiB', { status: 403 })
 * console.log(full.status) // 403
 * ```
 */
export class RegistryError extends Error {
  /** `RegistryError`, also where a bundler renames the class. */
  override readonly name: string = 'RegistryError'
  /** A code of the specification, or a custom one in capitals and underscores. */
  readonly code: ErrorCode | (string & {})
  /** HTTP status. */
  readonly status: number
  /** Any JSON value that helps the client. */
  readonly detail?: unknown
  /** Extra response headers. */
  readonly headers?: Readonly<Record<string, string>>
  /** The upload session as it now is. */
  readonly upload?: ErrorUpload
  /** Further entries of the `errors` array. */
  readonly also?: readonly ErrorEntry[]

  /**
   * Makes an error to throw.
   * @param message For people: clients see it, so never a secret.
   */
  constructor(code: ErrorCode | (string & {}), message: string, options: RegistryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = options.status ?? statusOf(code)
    if (options.detail !== undefined) this.detail = options.detail
    if (options.headers !== undefined) this.headers = options.headers
    if (options.upload !== undefined) this.upload = options.upload
    if (options.also !== undefined) this.also = options.also
  }

  /** All entries of the `errors` array, this error's own first. */
  get entries(): readonly ErrorEntry[] {
    const own: ErrorEntry =
      this.detail === undefined
        ? { code: this.code, message: this.message }
        : { code: this.code, message: this.message, detail: this.detail }
    return [own, ...(this.also ?? [])]
  }
}

/** The HTTP status of a code: 400 for one that is not in the table. */
export function statusOf(code: string): number {
  return Object.hasOwn(STATUS, code) ? STATUS[code as ErrorCode] : 400
}
