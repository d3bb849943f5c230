/**
 * Bodies of requests in chunks of a chosen size.
 * @module
 */

/** Reads a body. */
export interface ChunkReader {
  /** The next bytes, which nobody else holds; `null` at the end. */
  read(): Promise<Uint8Array | null>
  cancel(reason?: unknown): Promise<void>
}

/** What is read at a time of a body whose length is known: fewer and larger reads cost less. */
const LARGE = 256 * 1024
/**
 * And of one that comes in chunks (RFC 9112 section 7.1). Since 2.8.3 Deno reads once more as much as it was asked for
 * at the end of each chunk, keeps all of that, and moves it with every read: where chunks are smaller than reads, 64 KiB
 * by default, an upload takes time that grows with its square, and memory without limit.
 */
const SMALL = 8 * 1024

/** How much to read of a request's body at a time. */
export function readSizeOf(headers: Headers): number {
  return headers.has('content-length') ? LARGE : SMALL
}

/** @param body Of a request as Deno gives it: a stream of bytes, or of one chunk if all of it was there at once. */
export function chunkReader(body: ReadableStream<Uint8Array>, size: number): ChunkReader {
  try {
    return pieceReader(body.getReader({ mode: 'byob' }), size)
  } catch {
    // There is no other way to find out; a body that somebody reads already fails here, too.
    return wholeReader(body.getReader())
  }
}

function wholeReader(reader: ReadableStreamDefaultReader<Uint8Array>): ChunkReader {
  return {
    read: async () => (await reader.read()).value ?? null,
    cancel: (reason) => reader.cancel(reason),
  }
}

function pieceReader(reader: ReadableStreamBYOBReader, size: number): ChunkReader {
  let spare: ArrayBuffer | undefined
  return {
    async read() {
      const { done, value } = await reader.read(new Uint8Array(spare ?? new ArrayBuffer(size)))
      spare = undefined
      if (done) return null
      if (value.length > size / 2) return value
      // Little in much space: whoever collects chunks would hold more than it counts.
      spare = value.buffer
      return value.slice()
    },
    cancel: (reason) => reader.cancel(reason),
  }
}
