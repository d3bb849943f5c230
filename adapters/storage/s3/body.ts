/**
 * Bodies as S3 wants them: of a length that is said beforehand and then kept.
 * @module
 */

import { markPassing } from '../../../src/body.ts'
import { RegistryError } from '../../../src/oci/index.ts'
import type { Body } from '../../../src/registry.ts'
import { intake, withBody } from '../../../src/storage/intake.ts'

/** How a body is sent. */
export interface Sized {
  readonly size: number
  readonly signal: AbortSignal | undefined
  /** False: collect the bytes first. */
  readonly streams: boolean
}

/** The bytes or the stream to send, and a signal that fires when sending makes no sense any more. */
type Send<T> = (body: Uint8Array | ReadableStream<Uint8Array>, signal: AbortSignal) => Promise<T>

/**
 * Sends a body of exactly `size` bytes. The last chunk is held back until the body has ended, so that one that
 * is too long never becomes whole; a failing body fails the call with its own error. The body is read to its
 * end or cancelled, whatever happens.
 * @throws {@link RegistryError} `SIZE_INVALID` when the body is not `size` bytes long.
 */
export async function sendSized<T>(body: Body, { size, signal, streams }: Sized, send: Send<T>): Promise<T> {
  return withBody(body, async () => {
    signal?.throwIfAborted()
    const stop = new AbortController()
    const give = (): void => stop.abort(signal?.reason)
    signal?.addEventListener('abort', give, { once: true })
    try {
      const chunks = intake(body, { size, signal: stop.signal })
      if (body instanceof Uint8Array || size === 0 || !streams)
        return await send(await collect(chunks, body, size), stop.signal)
      const source = heldBack(chunks, stop)
      try {
        const stream = markPassing(source.stream, body)
        return await send(fixedLength(stream, size, stop.signal), stop.signal)
      } catch (error) {
        throw source.fault() ?? error
      }
    } finally {
      signal?.removeEventListener('abort', give)
      stop.abort()
    }
  })
}

/** The bytes of a body whose length is known to be right. */
async function collect(chunks: AsyncIterable<Uint8Array>, body: Body, size: number): Promise<Uint8Array> {
  if (body instanceof Uint8Array) {
    for await (const _ of chunks);
    return body
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for await (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

function heldBack(
  chunks: AsyncGenerator<Uint8Array, void, void>,
  stop: AbortController,
): { stream: ReadableStream<Uint8Array>; fault(): unknown } {
  let held: Uint8Array | undefined
  let fault: unknown
  const next = async (): Promise<Uint8Array | undefined> => (await chunks.next()).value ?? undefined
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          held ??= await next()
          const after = await next()
          if (held !== undefined) controller.enqueue(held)
          if (after === undefined) controller.close()
          held = after
        } catch (error) {
          fault = error
          throw error
        }
      },
      cancel(reason) {
        stop.abort(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, fault: () => fault }
}

interface FixedLength {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

/** On Workers only a stream of this kind is sent with a length; elsewhere the header does it. */
function fixedLength(
  stream: ReadableStream<Uint8Array>,
  size: number,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const { FixedLengthStream } = globalThis as { FixedLengthStream?: new (size: number) => FixedLength }
  if (FixedLengthStream === undefined) return stream
  const { readable, writable } = new FixedLengthStream(size)
  // Its failure is the request's as well.
  stream.pipeTo(writable, { signal }).catch(() => {})
  return readable
}

/** The first `size` bytes of a body that comes in chunks, then the next ones: without copying. */
export function cutter(body: Body, total: number, signal: AbortSignal | undefined): Cutter {
  const chunks = intake(body, { size: total, signal })
  let rest: Uint8Array | undefined
  return {
    take(size) {
      let left = size
      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            rest ??= (await chunks.next()).value ?? undefined
            // A body that is too short has thrown already.
            if (rest === undefined || left === 0) return controller.close()
            const part = rest.subarray(0, left)
            rest = part.length < rest.length ? rest.subarray(part.length) : undefined
            left -= part.length
            controller.enqueue(part)
            if (left === 0) controller.close()
          },
        },
        { highWaterMark: 0 },
      )
    },
    async end() {
      if (rest !== undefined || !(await chunks.next()).done)
        throw new RegistryError(
          'SIZE_INVALID',
          `the body has more than the ${total} bytes that were announced`,
        )
    },
  }
}

/** Takes a body apart. */
export interface Cutter {
  /** The next `size` bytes. The stream before has been read to its end. */
  take(size: number): ReadableStream<Uint8Array>
  /** Expects that nothing is left. */
  end(): Promise<void>
}
