/**
 * The bucket of the tests behind a driver whose calls and requests are counted.
 * @module
 */

import { type S3Options, s3 } from '../../../adapters/storage/s3/index.ts'
import { type Recording, recording } from '../../engine/recording.ts'
import { bucketOptions } from '../../storage/s3/bucket.ts'

/** A driver and what it was asked for. */
export interface Counted extends Recording {
  /** Requests to the bucket: method and query, as in `GET` or `GET ?list-type=2&...`. */
  readonly requests: string[]
}

/** Opens the bucket below a prefix of its own. */
export async function countedBucket(options: S3Options = bucketOptions()): Promise<Counted> {
  const requests: string[] = []
  const send = options.fetch ?? fetch
  const storage = await s3({
    ...options,
    fetch(url, init) {
      requests.push(`${init.method} ${new URL(url).search}`.trimEnd())
      return send(url, init)
    },
  })
  const recorded = recording(storage)
  return {
    ...recorded,
    requests,
    clear() {
      recorded.clear()
      requests.length = 0
    },
  }
}
