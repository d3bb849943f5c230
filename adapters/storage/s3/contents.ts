/**
 * Contents as objects: one object for each place; pieces are the parts of a multipart upload.
 *
 * There is no `fork`: S3 copies objects, not the parts of an upload that is not completed. Later pieces are
 * guarded by their ETags instead: completing fails if a part is not the one that was stored.
 * @module
 */

import { createHasher, type Hasher } from '../../../src/hash/index.ts'
import { algorithmOf, type Digest, encodedOf, RegistryError } from '../../../src/oci/index.ts'
import type { Body } from '../../../src/registry.ts'
import type { Call, Contents, Piece } from '../../../src/storage/contract.ts'
import { withBody } from '../../../src/storage/intake.ts'
import { cutter, sendSized } from './body.ts'
import type { Client } from './client.ts'
import { S3Error } from './errors.ts'
import { listContents } from './listing.ts'
import { abortUpload, abortUploads, completeUpload, createUpload, uploadPart } from './multipart.ts'
import { objectOfPlace } from './object-key.ts'
import { openObject, sizeOf } from './read.ts'
import { removeObjects } from './records.ts'

const MIB = 1024 * 1024
/** S3 user guide, "Amazon S3 multipart upload limits". */
const MIN_PART = 5 * MIB
const MAX_PART = 5 * 1024 * MIB
const MAX_PARTS = 10_000
/** What is held in memory at a time where streams cannot be sent. */
const MAX_COLLECTED = 16 * MIB
/** Longest life of a presigned URL: a week. */
const MAX_SECONDS = 7 * 24 * 3600

/**
 * Contents below `base`. What fits into one PUT is sent in one, signed with its SHA-256 where that is the digest,
 * so that the store refuses other bytes; what is larger goes in parts and is hashed on the way.
 * @param verifies Whether the store checks `x-amz-content-sha256`.
 */
export function bucketContents(client: Client, base: string, maxKey: number, verifies: boolean): Contents {
  const { streams } = client.settings
  const most = streams ? MAX_PART : MAX_COLLECTED
  const objectOf = (place: string): string => objectOfPlace(base, place, maxKey)

  const put = (object: string, body: Body, { size, digest, signal }: WriteOptions): Promise<void> =>
    sendSized(body, { size, signal, streams }, async (bytes, stop) => {
      const sha256 = digest !== undefined && algorithmOf(digest) === 'sha256' && { sha256: encodedOf(digest) }
      await client.read({ method: 'PUT', object, body: bytes, size, signal: stop, ...(verifies && sha256) })
    }).catch((error: unknown) => {
      throw isMismatch(error) ? wrongDigest(digest) : error
    })

  return {
    pieces: { min: MIN_PART, max: most, count: MAX_PARTS, equal: false, sized: true },
    verifies: verifies ? ['sha256'] : [],
    async write(place, body, options) {
      await withBody(body, async () => {
        const object = objectOf(place)
        if (options.size <= most) await put(object, body, options)
        else await writeInParts(client, object, body, { ...options, most })
      })
      return place
    },
    async open(place, options) {
      options?.signal?.throwIfAborted()
      return createUpload(client, objectOf(place), options?.signal)
    },
    async piece(place, handle, { no, size }, body, options) {
      return withBody(body, async () => {
        const signal = options?.signal
        signal?.throwIfAborted()
        if (size === undefined) throw new TypeError('the size of a piece must be known')
        if (no < 1 || no > MAX_PARTS) throw new RangeError(`there are at most ${MAX_PARTS} pieces`)
        if (size > most) throw new RangeError(`a piece has at most ${most} bytes`)
        const upload = { object: objectOf(place), id: handle, no }
        const receipt = await sendSized(body, { size, signal, streams }, async (bytes, stop) =>
          // An empty piece is none: S3 would take it for a part, but only as the last.
          size === 0 ? '' : uploadPart(client, upload, bytes, size, stop),
        )
        if (receipt === null) throw lost(place, await sizeOf(client, upload.object, signal))
        return { receipt, size }
      })
    },
    async seal(place, handle, pieces, { size, signal }) {
      signal?.throwIfAborted()
      const object = objectOf(place)
      checkSum(pieces, size)
      const full = pieces.filter((piece) => piece.size > 0)
      if (full.length === 0) {
        await put(object, new Uint8Array(0), { size: 0, ...(signal && { signal }) })
        await abortUpload(client, object, handle, signal)
        return place
      }
      if (await completeUpload(client, object, handle, full, signal)) return place
      const sealed = await sizeOf(client, object, signal)
      if (sealed === null) throw lost(place, sealed)
      if (sealed !== size) throw wrongSize(sealed, size)
      return place
    },
    async abandon(place, handle, options) {
      options?.signal?.throwIfAborted()
      const object = objectOf(place)
      if (handle === '') await abortUploads(client, object, options?.signal)
      else await abortUpload(client, object, handle, options?.signal)
    },
    async size(place, options) {
      options?.signal?.throwIfAborted()
      return sizeOf(client, objectOf(place), options?.signal)
    },
    async read(place, range, options) {
      options?.signal?.throwIfAborted()
      return openObject(client, objectOf(place), range, options?.signal)
    },
    async remove(places, options) {
      options?.signal?.throwIfAborted()
      await removeObjects(client, places.map(objectOf), options?.signal)
    },
    list: (prefix, options = {}) => listContents(client, base, prefix, options),
    async url(place, { seconds, filename, signal }) {
      signal?.throwIfAborted()
      const life = Math.max(1, Math.min(MAX_SECONDS, Math.floor(seconds)))
      const query = filename === undefined ? {} : { 'response-content-disposition': attachment(filename) }
      return client.presign(objectOf(place), query, life)
    },
  }
}

type WriteOptions = Call & { size: number; digest?: Digest }

/** Content beyond one PUT: in parts, hashed on the way if a digest is to be proved. */
async function writeInParts(
  client: Client,
  object: string,
  body: Body,
  { size, digest, signal, most }: WriteOptions & { most: number },
): Promise<void> {
  // A gibibyte lets 10,000 parts hold more than an object may.
  const part = Math.min(most, Math.max(MAX_COLLECTED, 1024 * MIB))
  const hasher = digest === undefined ? undefined : createHasher(algorithmOf(digest))
  const id = await createUpload(client, object, signal)
  try {
    const source = cutter(body, size, signal)
    const pieces: Piece[] = []
    for (let at = 0; at < size; at += part) {
      const length = Math.min(part, size - at)
      const no = pieces.length + 1
      const options = { size: length, signal, streams: client.settings.streams }
      const receipt = await sendSized(hashed(source.take(length), hasher), options, (bytes, stop) =>
        uploadPart(client, { object, id, no }, bytes, length, stop),
      )
      if (receipt === null) throw vanished()
      pieces.push({ no, size: length, receipt })
    }
    await source.end()
    if (hasher && (await hasher.digest()) !== digest) throw wrongDigest(digest)
    if (await completeUpload(client, object, id, pieces, signal)) return
    if ((await sizeOf(client, object, signal)) !== size) throw vanished()
  } catch (error) {
    await abortUpload(client, object, id).catch(() => {})
    throw error
  }
}

function hashed(stream: ReadableStream<Uint8Array>, hasher: Hasher | undefined): ReadableStream<Uint8Array> {
  if (hasher === undefined) return stream
  const tap = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      await hasher.update(chunk)
      controller.enqueue(chunk)
    },
  })
  return stream.pipeThrough(tap)
}

function checkSum(pieces: readonly Piece[], size: number): void {
  const sum = pieces.reduce((total, piece) => total + piece.size, 0)
  if (sum !== size) throw wrongSize(sum, size)
}

function wrongSize(actual: number, size: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `the content has ${actual} bytes, not ${size}`)
}

/** What is being built is not what its owner remembers. What is sealed is safe all the same. */
function lost(place: string, sealed: number | null): Error {
  if (sealed !== null) return new Error(`the content at ${place} is sealed`)
  const text = `what was being built at ${place} is gone, or its pieces are not those that are stored`
  return new RegistryError('BLOB_UPLOAD_INVALID', text)
}

function vanished(): Error {
  return new Error('a multipart upload vanished while it was being written')
}

function isMismatch(error: unknown): boolean {
  return (
    error instanceof S3Error && (error.code === 'XAmzContentSHA256Mismatch' || error.code === 'BadDigest')
  )
}

function wrongDigest(expected: Digest | undefined): RegistryError {
  return new RegistryError('DIGEST_INVALID', 'the uploaded content does not have this digest', {
    detail: { expected },
  })
}

/** RFC 6266: a plain name for old clients, and the real one. */
function attachment(filename: string): string {
  const plain = filename.replace(/[^\w.+-]/g, '_')
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(filename).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)}`
}
