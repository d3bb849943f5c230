/**
 * Bodies of requests: how long they say they are, and how long they may be.
 * @module
 */

import { appended, limited, markPassing } from '../body.ts'
import { parseUploadRange, RegistryError } from '../oci/index.ts'
import type { Exchange } from './exchange.ts'

/** A request and its body, where the runtime may have a faster way to read it. */
export type Incoming = Pick<Exchange, 'request' | 'body'>

/** The body of an upload request, nothing of it read yet. */
export interface UploadBody {
  /** Absent when there is none. */
  readonly body?: ReadableStream<Uint8Array>
  /** Bytes, when the client says so. */
  readonly size?: number
  /** Where they go, when the client says so. */
  readonly offset?: number
}

/**
 * Looks at the headers of an upload request.
 * @throws RegistryError `BLOB_UPLOAD_INVALID` for a malformed `Content-Range`; `SIZE_INVALID` if it and
 *   `Content-Length` differ, and 413 above `limit`.
 */
export function uploadBody({ request, body }: Incoming, limit: number): UploadBody {
  const range = parseUploadRange(request.headers.get('content-range'))
  const length = contentLength(request)
  if (range && length !== null && range.length !== length) {
    throw new RegistryError(
      'SIZE_INVALID',
      `Content-Range names ${range.length} bytes, Content-Length ${length}`,
    )
  }
  const size = length ?? range?.length
  if (size !== undefined && size > limit) throw tooLarge(limit)
  const stream = length === 0 ? null : body()
  return {
    ...(stream ? { body: size === undefined ? limited(stream, limit, () => tooLarge(limit)) : stream } : {}),
    ...(size === undefined ? {} : { size }),
    ...(range ? { offset: range.offset } : {}),
  }
}

/**
 * Reads a small body whole; stops at `limit`.
 * @throws RegistryError `SIZE_INVALID` with 413 above it.
 */
export async function readBody({ request, body }: Incoming, limit: number): Promise<Uint8Array> {
  const length = contentLength(request)
  if (length !== null && length > limit) throw tooLarge(limit)
  // Not the chunks themselves: a million of one byte each would take a hundred times their bytes.
  let bytes: Uint8Array = new Uint8Array()
  let size = 0
  const stream = body() ?? new ReadableStream({ start: (c) => c.close() })
  for await (const chunk of limited(stream, limit, () => tooLarge(limit))) {
    bytes = size === 0 ? chunk : appended(bytes, size, chunk)
    size += chunk.length
  }
  return size === bytes.length ? bytes : bytes.slice(0, size)
}

/** An empty body that did not say so, as chunked encoding sends it, becomes no body. */
export async function dropIfEmpty(upload: UploadBody): Promise<UploadBody> {
  if (!upload.body || upload.size !== undefined) return upload
  const reader = upload.body.getReader()
  const first = await reader.read()
  if (first.done) {
    const { body: _, ...rest } = upload
    return rest
  }
  let next: Uint8Array | undefined = first.value
  const rest = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = next ? { value: next, done: false } : await reader.read()
      next = undefined
      if (done) controller.close()
      else controller.enqueue(value!)
    },
    cancel: (reason) => reader.cancel(reason),
  })
  return { ...upload, body: markPassing(rest, upload.body) }
}

/** Bytes announced by `Content-Length`; `null` if absent or not a number. */
function contentLength(request: Request): number | null {
  const header = request.headers.get('content-length')
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : null
}

function tooLarge(limit: number): RegistryError {
  return new RegistryError(
    'SIZE_INVALID',
    `the body is larger than this registry accepts: at most ${limit} bytes`,
    {
      status: 413,
      detail: { limit },
    },
  )
}
