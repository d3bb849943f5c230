/**
 * A bucket of R2, one operation of which goes wrong.
 * @module
 */

import type { R2Bucket, R2MultipartUpload } from '../../../adapters/storage/r2/index.ts'

/** What befalls an operation. */
export type Mishap =
  /** It has no effect. */
  | 'error'
  /** It has its effect, and nobody hears of it. */
  | 'lost answer'

/** A bucket on which an operation can go wrong. */
export interface FailingBucket {
  readonly bucket: R2Bucket
  /** Operations so far. */
  readonly count: () => number
  /** Lets the operation after so many others go wrong, counted from now. */
  plan(after: number, mishap: Mishap): void
}

/** The same bucket, but an operation goes wrong when it is planned. */
export function failingBucket(inner: R2Bucket): FailingBucket {
  let operations = 0
  let planned: { at: number; mishap: Mishap } | undefined
  const fallible = async <T>(work: () => Promise<T>): Promise<T> => {
    const mishap = planned?.at === ++operations ? planned.mishap : undefined
    if (mishap !== 'error') {
      const done = await work()
      if (mishap === undefined) return done
    }
    throw new Error(`${mishap}: We encountered an internal error. Please try again. (10001)`)
  }
  const upload = (made: R2MultipartUpload): R2MultipartUpload => ({
    uploadId: made.uploadId,
    uploadPart: (no, value) => fallible(() => made.uploadPart(no, value)),
    abort: () => fallible(() => made.abort()),
    complete: (parts) => fallible(() => made.complete(parts)),
  })
  return {
    bucket: {
      head: (key) => fallible(() => inner.head(key)),
      get: (key, options) => fallible(() => inner.get(key, options)),
      put: (key, value, options) => fallible(() => inner.put(key, value, options)),
      delete: (keys) => fallible(() => inner.delete(keys)),
      list: (options) => fallible(() => inner.list(options)),
      createMultipartUpload: async (key) => upload(await fallible(() => inner.createMultipartUpload(key))),
      resumeMultipartUpload: (key, id) => upload(inner.resumeMultipartUpload(key, id)),
    },
    count: () => operations,
    plan: (after, mishap) => {
      planned = { at: operations + after + 1, mishap }
    },
  }
}
