/**
 * Streams that are backed by a file, remembered so that a runtime can send the file its fastest way.
 *
 * The mark hangs on the stream, so it survives `new Response(response.body, response)`; a wrapper that changes
 * the bytes makes another stream, and so loses it by construction.
 * @module
 */

/** The part of a file that a stream gives. */
export interface FileBody {
  readonly path: string
  readonly offset: number
  /** Bytes. */
  readonly length: number
}

const files = new WeakMap<ReadableStream<Uint8Array>, FileBody>()

/** Remembers that a stream gives exactly this part of a file, and opens nothing before it is read. */
export function markFile(stream: ReadableStream<Uint8Array>, file: FileBody): ReadableStream<Uint8Array> {
  files.set(stream, file)
  return stream
}

/** The file behind a stream, if there is one. Whoever sends the file instead cancels the stream. */
export function fileOf(stream: ReadableStream<Uint8Array>): FileBody | undefined {
  return files.get(stream)
}
