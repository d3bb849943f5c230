/**
 * A bucket whose operations are counted.
 * @module
 */

import type { R2Bucket, R2MultipartUpload } from '../../../adapters/storage/r2/index.ts'

/** A bucket and what it was asked for. */
export interface CountedBucket {
  readonly bucket: R2Bucket
  /** `head`, `get`, `uploadPart`, ... in order. */
  readonly operations: string[]
}

/** Counts everything that is a request to R2: going on with an upload is none. */
export function countedBucket(inner: R2Bucket): CountedBucket {
  const operations: string[] = []
  const counted = <T>(name: string, work: () => T): T => {
    operations.push(name)
    return work()
  }
  const upload = (made: R2MultipartUpload): R2MultipartUpload => ({
    uploadId: made.uploadId,
    uploadPart: (no, value) => counted('uploadPart', () => made.uploadPart(no, value)),
    abort: () => counted('abort', () => made.abort()),
    complete: (parts) => counted('complete', () => made.complete(parts)),
  })
  const bucket: R2Bucket = {
    head: (key) => counted('head', () => inner.head(key)),
    get: (key, options) => counted('get', () => inner.get(key, options)),
    put: (key, value, options) => counted('put', () => inner.put(key, value, options)),
    delete: (keys) => counted('delete', () => inner.delete(keys)),
    list: (options) => counted('list', () => inner.list(options)),
    createMultipartUpload: async (key) =>
      upload(await counted('createMultipartUpload', () => inner.createMultipartUpload(key))),
    resumeMultipartUpload: (key, id) => upload(inner.resumeMultipartUpload(key, id)),
  }
  return { bucket, operations }
}
