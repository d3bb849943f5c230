/**
 * A large blob by several requests at once, for lines that give each of them only so much.
 * @module
 */

import { markOwned, releaseOf } from '../body.ts'
import { contentOf } from '../content.ts'
import { createHasher } from '../hash/index.ts'
import { algorithmOf, type Descriptor, type Digest, OCTET_STREAM, RegistryError } from '../oci/index.ts'
import type { CallOptions, Content, Reader } from '../registry.ts'
import { nextLength } from './pace.ts'
import { retried } from './retry.ts'

/** How a blob is downloaded. */
export interface DownloadOptions extends CallOptions {
  /** Most requests at once (4). */
  readonly concurrency?: number
  /** Most bytes in memory, of all requests together and what was given last (16 MiB for each request). */
  readonly memory?: number
  /** Bytes of the blob; where that is not said, the registry is asked. */
  readonly size?: number
  /** How often a part is asked for, at most (3). */
  readonly tries?: number
}

const MIB = 1024 * 1024
const FIRST = 4 * MIB
const LEAST = 256 * 1024
const MOST = 16 * MIB
/**
 * Downloads a blob in parts, several at once, which come out in order. Parts begin with 4 MiB and follow the line, from
 * 256 KiB to 16 MiB, as far as the memory goes; after a failure the next ones are half as long. The last bytes come only
 * when all of them were right. Blobs of up to 4 MiB, also empty ones, are asked for as a whole; so are all with a
 * concurrency of 1, which is for registries that take no ranges: those send what is before a part with it.
 *
 * @throws `RegistryError` `BLOB_UNKNOWN`, `NAME_UNKNOWN`; while it is read `DIGEST_INVALID`. TypeError for a `memory` of
 *   less than 256 KiB for each request and one more.
 */
export async function downloadBlob(
  reader: Pick<Reader, 'getBlob' | 'resolveBlob'>,
  repo: string,
  digest: Digest,
  { concurrency = 4, tries = 3, memory = concurrency * MOST, size, ...call }: DownloadOptions = {},
): Promise<Content> {
  const most = Math.min(MOST, Math.floor(memory / (concurrency + 1)))
  if (concurrency > 1 && !(most >= LEAST))
    throw new TypeError(
      `memory must be ${(concurrency + 1) * LEAST} bytes or more for ${concurrency} requests`,
    )
  if (concurrency <= 1 || (size !== undefined && size <= FIRST)) return reader.getBlob(repo, digest, call)
  const known = { mediaType: OCTET_STREAM, digest, size: size ?? 0 }
  const blob = size === undefined ? await reader.resolveBlob(repo, digest, call) : known
  if (blob.size <= FIRST) return reader.getBlob(repo, digest, call)
  return contentOf(blob, () => inParts({ reader, repo, blob, concurrency, tries, most }, call))
}

interface Download {
  readonly reader: Pick<Reader, 'getBlob'>
  readonly repo: string
  readonly blob: Descriptor
  readonly concurrency: number
  readonly tries: number
  /** Bytes of the longest part. */
  readonly most: number
}

/** Parts are asked for ahead, so many as there may be in memory. */
function inParts(download: Download, call: CallOptions): ReadableStream<Uint8Array> {
  const { blob, concurrency, most } = download
  const end = new AbortController()
  const signal = call.signal ? AbortSignal.any([call.signal, end.signal]) : end.signal
  const hasher = createHasher(algorithmOf(blob.digest))
  const ahead: Promise<Uint8Array>[] = []
  let asked = 0
  let given = 0
  let length = Math.min(FIRST, most)
  const follow = (next: number): void => {
    length = Math.ceil(Math.min(most, Math.max(LEAST, next)))
  }
  const ask = (): void => {
    while (ahead.length < concurrency && asked < blob.size) {
      const span = { offset: asked, length: Math.min(length, blob.size - asked) }
      asked += span.length
      const part = fetchPart(download, span, { ...call, signal }, follow)
      // Whoever reads is told when it comes to this part.
      part.catch(() => {})
      ahead.push(part)
    }
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        ask()
        try {
          const bytes = await ahead.shift()!
          await hasher.update(bytes)
          given += bytes.length
          const isLast = given === blob.size
          if (isLast && (await hasher.digest()) !== blob.digest)
            throw new RegistryError('DIGEST_INVALID', `what came for ${blob.digest} is something else`, {
              status: 502,
            })
          controller.enqueue(bytes)
          if (isLast) controller.close()
        } catch (error) {
          end.abort(error)
          throw error
        }
      },
      cancel: (reason) => end.abort(reason),
    },
    { highWaterMark: 0 },
  )
  return markOwned(stream, free)
}

/** Detaching frees at once, where the runtime can. */
function free({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer?.(0)
}

/** @param follow Is told how long the next parts should be. */
async function fetchPart(
  { reader, repo, blob, tries }: Download,
  { offset, length }: { offset: number; length: number },
  call: CallOptions & { signal: AbortSignal },
  follow: (length: number) => void,
): Promise<Uint8Array> {
  const range = { first: offset, last: offset + length - 1 }
  const bytes = new Uint8Array(length)
  let failed = -1
  return retried(tries, call.signal, async () => {
    failed++
    const began = performance.now()
    const content = await reader.getBlob(repo, blob.digest, { ...call, range })
    await readInto(bytes, content.stream())
    follow(failed > 0 ? length / 2 : nextLength(length, performance.now() - began))
    return bytes
  })
}

/** Fills a buffer. @throws RegistryError `SIZE_INVALID` for a stream of another length. */
async function readInto(bytes: Uint8Array, stream: ReadableStream<Uint8Array>): Promise<void> {
  const release = releaseOf(stream)
  let have = 0
  for await (const chunk of stream) {
    if (have + chunk.length > bytes.length) throw wrongSize()
    bytes.set(chunk, have)
    have += chunk.length
    release?.(chunk)
  }
  if (have < bytes.length) throw wrongSize()
}

function wrongSize(): RegistryError {
  return new RegistryError('SIZE_INVALID', 'a part of a blob has another length than was asked for', {
    status: 502,
  })
}
