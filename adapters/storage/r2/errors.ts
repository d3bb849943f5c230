/**
 * What R2's errors say.
 * @module
 */

import { RegistryError } from '../../../src/oci/index.ts'
import type { R2Bucket, R2MultipartUpload } from './types.ts'

/** Codes of R2 (https://developers.cloudflare.com/r2/api/error-codes/). */
export const R2_CODE = {
  /** Try again; also what aborting gives for an upload that was never begun. */
  internalError: 10001,
  /** Try again. */
  unavailable: 10043,
  /** There is no such multipart upload: never begun, completed or aborted. */
  noSuchUpload: 10024,
  /** A part is not the one that was stored. */
  invalidPart: 10025,
  /** The range begins behind the end. */
  invalidRange: 10039,
  /** The bytes have another checksum. */
  badDigest: 10037,
  /** More than one write in a second to one key. */
  tooManyWrites: 10058,
} as const

/**
 * The code of an error of R2, also of one that {@link explained} has explained; undefined for any other error. The
 * binding shows it in the message only.
 */
export function codeOf(error: unknown): number | undefined {
  const own = error instanceof RegistryError ? error.cause : error
  const code = own instanceof Error ? /\((\d{5})\)\s*$/.exec(own.message)?.[1] : undefined
  return code === undefined ? undefined : Number(code)
}

/** Whether an upload is gone or has other parts. */
export function isLoss(error: unknown): boolean {
  const code = codeOf(error)
  return code === R2_CODE.noSuchUpload || code === R2_CODE.invalidPart
}

/**
 * A bucket whose errors say what to do: where a request asked more of it than the Worker's plan allows, and where it
 * does not answer now, which may have had an effect or not.
 */
export function explained(bucket: R2Bucket): R2Bucket {
  const upload = (made: R2MultipartUpload): R2MultipartUpload => ({
    uploadId: made.uploadId,
    uploadPart: (no, value) => made.uploadPart(no, value).catch(explain),
    abort: () => made.abort().catch(explain),
    complete: (parts) => made.complete(parts).catch(explain),
  })
  return {
    head: (key) => bucket.head(key).catch(explain),
    get: (key, options) => bucket.get(key, options).catch(explain),
    put: (key, value, options) => bucket.put(key, value, options).catch(explain),
    delete: (keys) => bucket.delete(keys).catch(explain),
    list: (options) => bucket.list(options).catch(explain),
    createMultipartUpload: async (key) => upload(await bucket.createMultipartUpload(key).catch(explain)),
    resumeMultipartUpload: (key, id) => upload(bucket.resumeMultipartUpload(key, id)),
  }
}

function explain(error: unknown): never {
  if (isPassing(error)) {
    throw new RegistryError('UNAVAILABLE', 'the storage does not answer: try again later', {
      headers: { 'Retry-After': '5' },
      cause: error,
    })
  }
  if (!(error instanceof Error && /too many (?:subrequests|api requests)/i.test(error.message))) throw error
  const text =
    'this takes more operations than a request may have on this plan of Cloudflare Workers: use fewer layers, or the paid plan'
  throw new RegistryError('DENIED', text, { status: 403, cause: error })
}

/** Whether it may go well the next time. What the runtime itself reports has no code. */
function isPassing(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== undefined) return code === R2_CODE.internalError || code === R2_CODE.unavailable
  return error instanceof Error && /network connection lost/i.test(error.message)
}

/** How often a write is tried, and how long the first pause is. */
const TRIES = 5
const FIRST_PAUSE = 200

/**
 * Runs a write that may be refused because its key was written less than a second ago: R2 takes one a second.
 * What was refused has not happened, so it is tried again, for 3 seconds.
 * @throws {@link RegistryError} `TOOMANYREQUESTS` when it is refused all the same.
 */
export async function paced<T>(work: () => Promise<T>, sleep: (ms: number) => Promise<void>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      if (codeOf(error) !== R2_CODE.tooManyWrites) throw error
      if (tried === TRIES) {
        throw new RegistryError('TOOMANYREQUESTS', 'this was written too often in a moment: try again', {
          headers: { 'retry-after': '1' },
          cause: error,
        })
      }
      await sleep(FIRST_PAUSE * 2 ** (tried - 1))
    }
  }
}
