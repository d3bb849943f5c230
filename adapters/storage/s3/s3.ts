/**
 * Opens a bucket as a storage.
 * @module
 */

import type { Storage } from '../../../src/storage/index.ts'
import { createClient, outageOf } from './client.ts'
import { bucketContents } from './contents.ts'
import { emulatedRemoval } from './emulated-removal.ts'
import { listForeign } from './listing.ts'
import { keyOfObject, MAX_OBJECT_KEY, placeOfObject } from './object-key.ts'
import { type S3Options, settingsOf } from './options.ts'
import { abilitiesOf } from './probe.ts'
import { bucketRecords } from './records.ts'

/** Room for every key of the engine with the longest name of a repository. */
const MAX_KEY = 640
/** A store refuses requests that were signed by a clock 15 minutes off. */
const SKEW = 15 * 60_000

/**
 * A storage in a bucket of AWS S3, Cloudflare R2, MinIO or another store that speaks S3. Any number of processes
 * may use one bucket and prefix at once. Only Web APIs are used.
 *
 * The first time it asks the bucket whether it keeps conditions: it races 50 requests that create one key, then
 * tries conditional writes and deletes; what it found is remembered in `ocikit.json`. A store that deletes
 * conditionally (AWS S3) has `remove: 'exact'`; on others removal is emulated by markers.
 *
 * Uploads that a crash left behind are removed by the registry's sweep. As a second net, give the bucket a
 * lifecycle rule that aborts incomplete multipart uploads after 7 days, and no rule that removes objects.
 *
 * @throws S3Error with one line that tells what to do: options that cannot be, a missing bucket, wrong
 *   credentials, a clock that is off, an endpoint that does not answer, a store that does not keep conditions.
 *
 * @example
 * ```ts
 * import { S3Error, s3 } from 'ocikit/storage/s3'
 *
 * const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
 * const opened = s3({ bucket: 'images', endpoint: 'http://127.0.0.1:1', credentials, retries: 0 })
 * const error = await opened.catch((thrown: unknown) => thrown)
 * console.log(error instanceof S3Error && error.code) // NetworkError
 * ```
 */
export async function s3(options: S3Options): Promise<Storage> {
  const settings = settingsOf(options)
  const client = createClient(settings)
  const { remove, verifies } = await abilitiesOf(client).catch((error: unknown) => {
    throw outageOf(error) ?? error
  })
  const maxKey = maxKeyOf(settings.prefix)
  const [recordsBase, contentsBase] = [`${settings.prefix}records/`, `${settings.prefix}content/`]
  const records = bucketRecords(client, recordsBase, maxKey)
  return {
    records: remove === 'exact' ? records : emulatedRemoval(records, settings),
    contents: bucketContents(client, contentsBase, maxKey, verifies),
    async *foreign({ signal } = {}) {
      yield* listForeign(client, recordsBase, keyOfObject, signal)
      yield* listForeign(client, contentsBase, placeOfObject, signal)
    },
    traits: { consistency: 'strong', maxKey, remove, skew: SKEW },
  }
}

/** An object key holds any key of letters, digits, slashes and the like, which grows by half at most. */
function maxKeyOf(prefix: string): number {
  return Math.min(MAX_KEY, Math.floor((MAX_OBJECT_KEY - prefix.length - 'records/'.length - 8) / 1.5))
}
