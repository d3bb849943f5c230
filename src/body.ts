/**
 * What is known of a body beside its bytes: the file behind it, so that a runtime can send that its fastest way;
 * and that its chunks belong to whoever reads it, who may then free them. And a limit that keeps the latter.
 *
 * Both hang on the stream, so they survive `new Response(response.body, response)`; a wrapper that changes or
 * copies the bytes makes another stream, and so loses them by construction.
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

/** Frees the memory of a chunk, which is empty from then on. */
export type Release = (chunk: Uint8Array) => void

const releases = new WeakMap<ReadableStream<Uint8Array>, Release>()

/**
 * Remembers that the chunks of a stream are in nobody's hands but its reader's, and how to free them. Buffers
 * that are left to the garbage collector make it run for every few megabytes of an upload: a third of the work.
 */
export function markOwned(stream: ReadableStream<Uint8Array>, release: Release): ReadableStream<Uint8Array> {
  releases.set(stream, release)
  return stream
}

/** Marks a stream that passes on the chunks of another: each once, itself, and keeping none. */
export function markPassing(
  stream: ReadableStream<Uint8Array>,
  from: ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  const release = releases.get(from)
  if (release) releases.set(stream, release)
  return stream
}

/** The same bytes, but an error as soon as there are more than `limit`. */
export function limited(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  tooMany: () => Error,
): ReadableStream<Uint8Array> {
  if (limit === Number.POSITIVE_INFINITY) return stream
  let size = 0
  return passing(stream, (bytes) => {
    size += bytes
    if (size > limit) throw tooMany()
  })
}

/** The same bytes, but `count` is told how many of them pass. */
export function counted(
  stream: ReadableStream<Uint8Array>,
  count: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  return passing(stream, count)
}

/** The same bytes, until `look` throws at the length of a chunk. */
function passing(
  stream: ReadableStream<Uint8Array>,
  look: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  const passed = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await reader.read()
        if (done) return controller.close()
        try {
          look(value.length)
        } catch (error) {
          reader.cancel(error).catch(() => {})
          throw error
        }
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return markPassing(passed, stream)
}

/** How the reader of a stream may free its chunks; absent where others may hold them too. */
export function releaseOf(stream: ReadableStream<Uint8Array>): Release | undefined {
  return releases.get(stream)
}

const sized = new WeakSet<ReadableStream<Uint8Array>>()

/** Remembers that the runtime itself knows how long a stream is, so that an answer made of it has that length. */
export function markSized(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  sized.add(stream)
  return stream
}

/** Whether the runtime knows how long a stream is. */
export function isSized(stream: ReadableStream<Uint8Array>): boolean {
  return sized.has(stream)
}

/** Bytes with more behind the first `size` of them: in place, if there is room. */
export function appended(bytes: Uint8Array, size: number, more: Uint8Array): Uint8Array {
  const total = size + more.length
  const roomy = total <= bytes.length ? bytes : new Uint8Array(Math.max(total, 2 * bytes.length))
  if (roomy !== bytes) roomy.set(bytes.subarray(0, size))
  roomy.set(more, size)
  return roomy
}
