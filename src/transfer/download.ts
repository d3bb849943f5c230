/**
 * A large blob by several requests at once, for lines that give each of them only so much.
 * @module
 */

import { contentOf } from '../content.ts'
import { createHasher } from '../hash/index.ts'
import { algorithmOf, type Descriptor, type Digest, RegistryError } from '../oci/index.ts'
import type { CallOptions, Content, Reader } from '../registry.ts'
import { retried } from './retry.ts'

/** How a blob is downloaded. */
export interface DownloadOptions extends CallOptions {
  /** Most requests at once (4). Each has at most 16 MiB of the blob in memory. */
  readonly concurrency?: number
  /** How often a part is asked for, at most (3). */
  readonly tries?: number
}

const MIB = 1024 * 1024
const LEAST = 4 * MIB
const MOST = 16 * MIB
/** What a request should take, in milliseconds: shorter ones are mostly waiting, and longer ones cost more when lost. */
const TARGET = 2_000

/**
 * Downloads a blob in parts, several at once, which come out in order. The size of the parts follows the speed of the
 * line, from 4 to 16 MiB. The last bytes come only when all of them were right. Blobs of up to 4 MiB, also empty ones,
 * are asked for as a whole; so are all with a concurrency of 1.
 *
 * @throws `RegistryError` `BLOB_UNKNOWN`, `NAME_UNKNOWN`; while it is read `DIGEST_INVALID`.
 */
export async function downloadBlob(
  reader: Pick<Reader, 'getBlob' | 'resolveBlob'>,
  repo: string,
  digest: Digest,
  { concurrency = 4, tries = 3, ...call }: DownloadOptions = {},
): Promise<Content> {
  if (concurrency <= 1) return reader.getBlob(repo, digest, call)
  const blob = await reader.resolveBlob(repo, digest, call)
  if (blob.size <= LEAST) return reader.getBlob(repo, digest, call)
  return contentOf(blob, () => inParts({ reader, repo, blob, concurrency, tries }, call))
}

interface Download {
  readonly reader: Pick<Reader, 'getBlob'>
  readonly repo: string
  readonly blob: Descriptor
  readonly concurrency: number
  readonly tries: number
}

/** Parts are asked for ahead, so many as there may be in memory. */
function inParts(download: Download, call: CallOptions): ReadableStream<Uint8Array> {
  const { blob, concurrency } = download
  const end = new AbortController()
  const signal = call.signal ? AbortSignal.any([call.signal, end.signal]) : end.signal
  const hasher = createHasher(algorithmOf(blob.digest))
  const ahead: Promise<Uint8Array>[] = []
  let asked = 0
  let given = 0
  let length = LEAST
  const ask = (): void => {
    while (ahead.length < concurrency && asked < blob.size) {
      const span = { offset: asked, length: Math.min(length, blob.size - asked) }
      asked += span.length
      const began = performance.now()
      const part = fetchPart(download, span, { ...call, signal })
      part.then(
        () => {
          length = nextLength(span.length, performance.now() - began)
        },
        // Whoever reads is told when it comes to this part.
        () => {},
      )
      ahead.push(part)
    }
  }
  return new ReadableStream<Uint8Array>(
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
}

function nextLength(length: number, took: number): number {
  return Math.round(Math.min(MOST, Math.max(LEAST, (length * TARGET) / Math.max(1, took))))
}

async function fetchPart(
  { reader, repo, blob, tries }: Download,
  { offset, length }: { offset: number; length: number },
  call: CallOptions & { signal: AbortSignal },
): Promise<Uint8Array> {
  const range = { first: offset, last: offset + length - 1 }
  return retried(tries, call.signal, async () => {
    const content = await reader.getBlob(repo, blob.digest, { ...call, range })
    const bytes = await content.bytes(length)
    if (bytes.length !== length)
      throw new RegistryError('SIZE_INVALID', 'a part of a blob ended early', { status: 502 })
    return bytes
  })
}
