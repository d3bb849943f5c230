/**
 * Contents as objects: one object for each place, made in one shot or of parts.
 * @module
 */

import { markSized } from '../../../src/body.ts'
import { algorithmOf, type Digest, encodedOf, RegistryError } from '../../../src/oci/index.ts'
import type { Body } from '../../../src/registry.ts'
import type { Contents, Piece } from '../../../src/storage/contract.ts'
import { withBody } from '../../../src/storage/intake.ts'
import { checkKey, checkText } from '../../../src/storage/key.ts'
import { codeOf, isLoss, R2_CODE } from './errors.ts'
import type { Space } from './r2.ts'
import { passage, type SizedBody, sendSized } from './sized.ts'
import type { R2Object, R2ObjectBody } from './types.ts'

const MIB = 1024 * 1024
/** R2's limits (https://developers.cloudflare.com/r2/platform/limits/): 4.995 GiB is the most in one request. */
const PIECES = { min: 5 * MIB, max: 5110 * MIB, count: 10_000, equal: true, sized: true }
/** Most keys of one delete. */
const BATCH = 1000

/** Contents in a bucket. */
export function bucketContents({ bucket, prefix, maxKey }: Space): Contents {
  const keyOf = (place: string, signal?: AbortSignal): string => {
    signal?.throwIfAborted()
    checkKey(place, maxKey)
    return prefix + place
  }
  const sizeAt = async (key: string): Promise<number | null> => (await bucket.head(key))?.size ?? null
  const store = async (
    key: string,
    body: Body,
    { size, digest, signal }: { size: number; digest?: Digest; signal?: AbortSignal },
  ): Promise<void> => {
    const send = (sized: SizedBody) => bucket.put(key, sized, digest === undefined ? {} : checksum(digest))
    await sendSized(body, size, signal, send, () => bucket.delete(key)).catch((error: unknown) => {
      throw codeOf(error) === R2_CODE.badDigest ? mismatch(digest, error) : error
    })
  }

  return {
    pieces: PIECES,
    verifies: ['sha256', 'sha512'],
    write(place, body, options) {
      return withBody(body, async () => {
        await store(keyOf(place, options.signal), body, options)
        return place
      })
    },
    async open(place, options) {
      return (await bucket.createMultipartUpload(keyOf(place, options?.signal))).uploadId
    },
    piece(place, handle, at, body, options) {
      return withBody(body, async () => {
        const { no, size = body instanceof Uint8Array ? body.length : undefined } = at
        const key = keyOf(place, options?.signal)
        const upload = bucket.resumeMultipartUpload(key, handle)
        if (size === undefined) throw new TypeError('the size of a piece must be known')
        if (no < 1 || no > PIECES.count) throw new RangeError(`there are at most ${PIECES.count} pieces`)
        // An empty part would be the last one for R2, and nothing says that it is.
        const send = (sized: SizedBody) =>
          size === 0 ? Promise.resolve({ etag: '' }) : upload.uploadPart(no, sized)
        // A part that was stored all the same is not named by any receipt that was given.
        const stored = sendSized(body, size, options?.signal, send, async () => {})
        const { etag } = await stored.catch(lostAt(place, key))
        return { receipt: etag, size }
      })
    },
    async seal(place, handle, pieces, { size, signal }) {
      const key = keyOf(place, signal)
      const full = pieces.filter((piece) => piece.size > 0)
      const given = full.reduce((sum, piece) => sum + piece.size, 0)
      if (given !== size) throw wrongSize(given, size)
      const upload = bucket.resumeMultipartUpload(key, handle)
      if (size === 0) {
        await bucket.put(key, new Uint8Array())
        await upload.abort().catch(ignoreAbsent)
        return place
      }
      const object = await upload.complete(full.map(partOf)).catch(sealedBefore(place, key))
      if (object.size !== size) throw wrongSize(object.size, size)
      return place
    },
    async abandon(place, handle, options) {
      const key = keyOf(place, options?.signal)
      // R2's binding cannot list what is being built: what has lost its handle goes by R2's own rule, after 7 days.
      if (handle === '') return
      await bucket.resumeMultipartUpload(key, handle).abort().catch(ignoreAbsent)
    },
    async size(place, options) {
      return sizeAt(keyOf(place, options?.signal))
    },
    async read(place, range, options) {
      const key = keyOf(place, options?.signal)
      const object =
        range?.length === 0
          ? await bucket.head(key)
          : await bucket.get(key, range ? { range } : {}).catch(behindTheEnd(key))
      if (object === null) return null
      return { size: object.size, stream: () => stoppable(object, range?.length, options?.signal) }
    },
    async remove(places, options) {
      const keys = places.map((place) => keyOf(place, options?.signal))
      for (let at = 0; at < keys.length; at += BATCH) {
        options?.signal?.throwIfAborted()
        await bucket.delete(keys.slice(at, at + BATCH))
      }
    },
    async *list(start, { after = '', signal } = {}) {
      checkText(start)
      if (!start.endsWith('/')) throw new TypeError('the prefix of a place ends in a slash')
      let from: { startAfter?: string; cursor?: string } = after === '' ? {} : { startAfter: prefix + after }
      for (;;) {
        signal?.throwIfAborted()
        const page = await bucket.list({ prefix: prefix + start, limit: BATCH, ...from })
        for (const { key, size } of page.objects)
          yield { place: key.slice(prefix.length), size, partial: false }
        if (!page.truncated || page.cursor === undefined) return
        from = { cursor: page.cursor }
      }
    },
  }

  /** Whether a lost answer or an earlier call has done it already: then the object is there. */
  function sealedBefore(place: string, key: string): (error: unknown) => Promise<R2Object> {
    return async (error) => (await bucket.head(key)) ?? lostAt(place, key)(error)
  }

  /** What is being built may not be what its owner remembers; what is sealed is safe all the same. */
  function lostAt(place: string, key: string): (error: unknown) => Promise<never> {
    return async (error) => {
      if (!isLoss(error) || (await bucket.head(key)) !== null) throw error
      const text = `what was being built at ${place} is gone, or its pieces are not those that are stored`
      throw new RegistryError('BLOB_UPLOAD_INVALID', text, { cause: error })
    }
  }

  /** A range behind the end is no error yet: the size tells the caller that the content is not what it should be. */
  function behindTheEnd(key: string): (error: unknown) => Promise<R2Object | null> {
    return async (error) => {
      if (codeOf(error) !== R2_CODE.invalidRange) throw error
      return bucket.head(key)
    }
  }
}

/** The bytes of an object, until `signal` fires. What was only described has none to give. */
function stoppable(
  object: R2Object | R2ObjectBody,
  length: number | undefined,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  if (!('body' in object)) return new ReadableStream({ start: (controller) => controller.close() })
  if (!signal) return object.body
  return markSized(object.body.pipeThrough(passage(length ?? object.size), { signal }))
}

function partOf({ no, receipt }: Piece): { partNumber: number; etag: string } {
  return { partNumber: no, etag: receipt }
}

/** R2 verifies one of these while it writes. */
function checksum(digest: Digest): { sha256: string } | { sha512: string } {
  const hex = encodedOf(digest)
  return algorithmOf(digest) === 'sha256' ? { sha256: hex } : { sha512: hex }
}

function mismatch(digest: Digest | undefined, cause: unknown): RegistryError {
  return new RegistryError('DIGEST_INVALID', 'the content does not have this digest', {
    detail: { digest },
    cause,
  })
}

function wrongSize(actual: number, size: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `the content has ${actual} bytes, not ${size}`)
}

/** R2 answers an internal error for an upload that was never begun, and so do its simulators. */
function ignoreAbsent(error: unknown): void {
  const code = codeOf(error)
  if (code !== R2_CODE.noSuchUpload && code !== R2_CODE.internalError) throw error
}
