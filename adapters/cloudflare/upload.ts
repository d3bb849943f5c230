import type { ExecutionContext } from './types.ts'

/**
 * How much of a body is read that nobody wants, in bytes, and how long that holds the answer up, in milliseconds.
 * workerd resets the connection of a client that is still sending, which then never sees why it was refused.
 */
const DRAINED = 64 * 1024 * 1024
const PATIENCE = 500

/** How much of a body is read at a time, in bytes: by itself workerd gives 4 KiB, and each chunk has its price. */
const CHUNK = 128 * 1024
/** So many bytes are waited for. A client that is slower than a kilobyte a second still shows that it is alive. */
const LEAST = 16 * 1024

/** The body of a request, whatever becomes of it. */
export interface Upload {
  /** The body, the same at each call; `null` if there is none. */
  body(): ReadableStream<Uint8Array> | null
  /** The answer is an error, and may be sent once the client has seen the end of its body, or soon after. */
  refused(): Promise<void>
}

/** Takes care of the rest of a request's body. */
export function uploadOf(request: Request, context: ExecutionContext): Upload {
  const source = request.body
  let given: ReadableStream<Uint8Array> | undefined
  let ended: Promise<void> | undefined
  /** Lets `work` go on when the client has left or the answer was sent. */
  const ending = (work: Promise<void>): Promise<void> => {
    context.waitUntil(work)
    return work
  }
  return {
    body() {
      if (source === null || given) return given ?? null
      const chunks = chunksOf(source)
      let end = (): void => {}
      ended = ending(new Promise((resolve) => (end = resolve)))
      // Only one read at a time is allowed, also when somebody stops in the middle of it.
      let reading: Promise<unknown> = Promise.resolve()
      given = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const next = chunks.next()
            reading = next.catch(end)
            const chunk = await next
            if (chunk) return controller.enqueue(chunk)
            end()
            controller.close()
          },
          cancel() {
            void reading.then(() => drain(chunks)).then(end)
          },
        },
        { highWaterMark: 0 },
      )
      return given
    },
    async refused() {
      if (source === null) return
      // Locked: middleware has the body.
      ended ??= source.locked ? Promise.resolve() : ending(drain(chunksOf(source)))
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, PATIENCE)
      })
      await Promise.race([ended, late])
      clearTimeout(timer)
    },
  }
}

/** The bytes of a body, one chunk after the other; `null` at the end. */
interface Chunks {
  next(): Promise<Uint8Array | null>
  stop(): Promise<void>
}

/** Cloudflare's reader that fills what it is given. */
interface FillingReader {
  readAtLeast(least: number, view: Uint8Array): Promise<ReadableStreamReadResult<Uint8Array>>
  cancel(): Promise<void>
}

function chunksOf(source: ReadableStream<Uint8Array>): Chunks {
  const filling = fillingReader(source)
  const reader = filling ?? source.getReader()
  return {
    async next() {
      const { done, value } = filling
        ? await filling.readAtLeast(LEAST, new Uint8Array(CHUNK))
        : await (reader as ReadableStreamDefaultReader<Uint8Array>).read()
      return done ? null : value
    },
    stop: () => reader.cancel(),
  }
}

/** `null` for a stream that was made in JavaScript, whose chunks are as they are. */
function fillingReader(source: ReadableStream<Uint8Array>): FillingReader | null {
  try {
    const reader = source.getReader({ mode: 'byob' }) as unknown as FillingReader & { releaseLock(): void }
    if (typeof reader.readAtLeast === 'function') return reader
    reader.releaseLock()
  } catch {}
  return null
}

async function drain(chunks: Chunks): Promise<void> {
  try {
    for (let left = DRAINED; left > 0; ) {
      const chunk = await chunks.next()
      if (chunk === null) return
      left -= chunk.length
    }
    await chunks.stop()
  } catch {
    // The client went away.
  }
}
