/**
 * A large blob in chunks, for lines that break: what is lost with a connection is one chunk, not all of the blob.
 * @module
 */

import { algorithmOf, type Descriptor, type Digest, OCTET_STREAM, RegistryError } from '../oci/index.ts'
import type { CallOptions, Reader, Upload, Writer } from '../registry.ts'
import { type Hold, holdOf } from './hold.ts'
import { nextLength } from './pace.ts'
import { isLost, mayPass, orAbsent, pause, retried } from './retry.ts'

/** How a blob is uploaded. */
export interface UploadOptions extends CallOptions {
  /** Most bytes in memory, beside the one chunk that the body gave last; a request has at most half of them (16 MiB). */
  readonly memory?: number
  /** How often in a row something fails, without a byte arriving, before it is given up (5). */
  readonly tries?: number
}

/** What takes a blob in chunks: any registry. */
export type BlobWriter = Pick<Reader, 'resolveBlob'> &
  Pick<Writer, 'pushBlob' | 'startUpload' | 'uploadStatus' | 'writeUpload' | 'finishUpload' | 'cancelUpload'>

const MIB = 1024 * 1024
const FIRST = MIB
/** Smaller chunks are mostly waiting. */
const LEAST = 64 * 1024

/**
 * Uploads a blob in chunks, one after the other. They begin with 1 MiB and follow the line: longer while they take less
 * than two seconds, half as long after each failure, within what the registry wants (`OCI-Chunk-Min-Length` and
 * `OCI-Chunk-Max-Length`). After a failure the session is asked how far it is, and goes on from there. Blobs of up to
 * 1 MiB go in one request; so do those for a registry that takes no chunk of half of `memory`.
 *
 * @param body Is read as it is sent; what is left of it is cancelled.
 * @throws `RegistryError` of the registry: `BLOB_UPLOAD_UNKNOWN` when it has lost the session, `RANGE_INVALID` when it
 *   has lost bytes that it had or takes none, `DIGEST_INVALID`; `SIZE_INVALID` for a body of another size; what the body fails with;
 *   TypeError for a `memory` of less than 128 KiB. The session is cancelled then.
 */
export async function uploadBlob(
  writer: BlobWriter,
  repo: string,
  { digest, size }: { readonly digest: Digest; readonly size: number },
  body: ReadableStream<Uint8Array>,
  { memory = 16 * MIB, tries = 5, ...call }: UploadOptions = {},
): Promise<Descriptor> {
  const hold = holdOf(body, size)
  const signal = call.signal ?? new AbortController().signal
  const most = Math.floor(memory / 2)
  try {
    if (!(most >= LEAST)) throw new TypeError(`memory must be ${2 * LEAST} bytes or more`)
    if (size <= Math.min(FIRST, most)) {
      const bytes = await hold.fill(size)
      return await retried(tries, signal, () => writer.pushBlob(repo, { digest, size }, bytes, call))
    }
    const begin = () => writer.startUpload(repo, { ...call, algorithm: algorithmOf(digest) })
    const at = await retried(tries, signal, begin)
    const run: Run = { writer, repo, digest, size, hold, tries, most, call, signal, at, failures: 0 }
    if ((at.minChunk ?? 0) <= most) return await inChunks(run)
    await leave(run)
    return await writer.pushBlob(repo, { digest, size }, hold.whole(), call)
  } finally {
    await hold.end()
  }
}

/** An upload on its way. */
interface Run {
  readonly writer: BlobWriter
  readonly repo: string
  readonly digest: Digest
  readonly size: number
  readonly hold: Hold
  readonly tries: number
  /** Bytes of the longest chunk. */
  readonly most: number
  readonly call: CallOptions
  readonly signal: AbortSignal
  /** The session as it was told last. */
  at: Upload
  /** In a row. */
  failures: number
}

async function inChunks(run: Run): Promise<Descriptor> {
  const { hold, signal, digest, size } = run
  try {
    for (let length = FIRST, isWhole = false; !isWhole; ) {
      const bytes = await hold.fill(within(run, length))
      const began = performance.now()
      try {
        isWhole = await sendChunk(run, bytes)
        run.failures = 0
        length = nextLength(bytes.length, performance.now() - began)
      } catch (error) {
        await goOn(run, error)
        length = Math.ceil(bytes.length / 2)
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    // A session that is gone may have ended well, and only its answer got lost.
    if (!isLost(error) || !(await isStored(run))) {
      await leave(run)
      throw error
    }
  }
  return { mediaType: OCTET_STREAM, digest, size }
}

/** What the line allows, within what the registry does and what may be in memory. */
function within({ at, most }: Run, length: number): number {
  const longest = Math.min(most, at.maxChunk ?? most)
  return Math.min(most, Math.max(at.minChunk ?? 0, Math.min(longest, Math.max(LEAST, length))))
}

/** Sends the next bytes, and ends the session with the last ones. @returns whether those were they. */
async function sendChunk(run: Run, bytes: Uint8Array): Promise<boolean> {
  const { writer, repo, digest, size, hold, call } = run
  const offset = hold.offset()
  const chunk = { ...call, offset, size: bytes.length }
  if (offset + bytes.length === size) {
    await writer.finishUpload(repo, run.at.id, digest, bytes.length > 0 ? { ...chunk, body: bytes } : call)
    return true
  }
  run.at = { ...hintsOf(run.at), ...(await writer.writeUpload(repo, run.at.id, bytes, chunk)) }
  // The same bytes would be sent for ever.
  if (run.at.offset === offset) throw tookNothing()
  hold.moveTo(run.at.offset)
  return false
}

function tookNothing(): RegistryError {
  return new RegistryError('RANGE_INVALID', 'the registry took nothing of a chunk', { status: 502 })
}

/** Not every answer repeats them. */
function hintsOf({ minChunk, maxChunk }: Upload): Partial<Upload> {
  return { ...(minChunk !== undefined && { minChunk }), ...(maxChunk !== undefined && { maxChunk }) }
}

/** After a failure: from where the session is. @throws the failure, when it cannot pass or did not. */
async function goOn(run: Run, error: unknown): Promise<void> {
  const { writer, repo, hold, tries, call, signal } = run
  signal.throwIfAborted()
  // Bytes that are wrong as a whole stay wrong.
  const isWrong = isLost(error) || !mayPass(error, 'RANGE_INVALID')
  if (isWrong || ++run.failures > tries) throw error
  await pause(run.failures, signal)
  const now = await retried(tries, signal, () => writer.uploadStatus(repo, run.at.id, call))
  if (now.offset > hold.offset()) run.failures = 0
  run.at = { ...hintsOf(run.at), ...now }
  hold.moveTo(now.offset)
}

async function isStored({ writer, repo, digest, size, tries, call, signal }: Run): Promise<boolean> {
  const found = await retried(tries, signal, () => orAbsent(writer.resolveBlob(repo, digest, call)))
  return found?.size === size
}

/** What is left of a session that nobody ends expires. */
async function leave({ writer, repo, at, call }: Run): Promise<void> {
  await writer.cancelUpload(repo, at.id, call).catch(() => {})
}
