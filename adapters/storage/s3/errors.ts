/**
 * What can go wrong with an S3 store, in words for people.
 * @module
 */

import { RegistryError } from '../../../src/oci/index.ts'

/** The store refused a request, or cannot be used. One line that tells what to do and holds no secret. */
export class S3Error extends Error {
  /** `S3Error`, also where a bundler renames the class. */
  override readonly name: string = 'S3Error'
  /** The store's code, such as `NoSuchBucket`; `NetworkError` where there was no answer. */
  readonly code: string
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number

  /** Makes an error to throw. */
  constructor(code: string, status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.status = status
  }
}

/** What a request was about, for messages. */
export interface Subject {
  readonly bucket: string
  /** Where the store is: scheme and host. */
  readonly origin: string
  /** What was tried, such as `PUT`. */
  readonly method: string
}

/** What the store said instead of doing it. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** An error for a refusal. */
export function refused(subject: Subject, { status, code, message }: Refusal): S3Error {
  return new S3Error(code, status, explain(subject, status, code) ?? fallback(subject, status, code, message))
}

/** An error for a request without an answer. */
export function unreachable({ origin, method }: Subject, cause: unknown): S3Error {
  const text = `S3 at ${origin} cannot be reached (${method}: ${reasonOf(cause)}): check the endpoint and the network`
  return new S3Error('NetworkError', 0, text, cause)
}

/** What a client is shown while the store is down: it may try again. */
export function unavailable(cause: S3Error): RegistryError {
  return new RegistryError('UNAVAILABLE', 'the storage does not answer: try again later', {
    cause,
    headers: { 'Retry-After': '5' },
  })
}

function explain({ bucket, origin }: Subject, status: number, code: string): string | undefined {
  const where = `the bucket ${JSON.stringify(bucket)} at ${origin}`
  if (code === 'NoSuchBucket')
    return `${where} does not exist: create it, or correct its name or the endpoint`
  if (code === 'InvalidAccessKeyId')
    return `the access key id is not known at ${origin}: check the credentials`
  if (code === 'SignatureDoesNotMatch')
    return `${origin} does not accept the signature: check the secret access key and the region`
  if (code === 'ExpiredToken' || code === 'InvalidToken' || code === 'TokenRefreshRequired')
    return `the session token is not valid any more at ${origin}: get new credentials`
  if (code === 'RequestTimeTooSkewed')
    return `the clock of this machine and that of ${origin} differ by more than 15 minutes: set the clock`
  if (
    code === 'AuthorizationHeaderMalformed' ||
    code === 'PermanentRedirect' ||
    (status >= 300 && status < 400)
  )
    return `${where} is in another region or at another endpoint: correct the region or the endpoint`
  if (status === 403)
    return `access to ${where} is denied (${code}): give the key the right to list, read, write and delete`
  return undefined
}

function fallback({ origin, method }: Subject, status: number, code: string, message: string): string {
  const said = message === '' ? '' : `: ${message.replace(/\s+/g, ' ').slice(0, 200)}`
  return `S3 at ${origin} answered ${status} ${code} to ${method}${said}`
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given'
  const { cause } = error
  const inner = cause instanceof Error && cause.message !== '' ? cause : error
  return inner.message.replace(/\s+/g, ' ').slice(0, 200)
}
