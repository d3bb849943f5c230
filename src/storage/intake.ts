/**
 * Reads a body for a driver: counted, stoppable, and never left behind.
 * @module
 */

import { RegistryError } from '../oci/index.ts'
import type { Body } from '../registry.ts'

/**
 * The chunks of a body. It ends the body's stream on every way out: at its end, when the loop is left, when
 * `signal` fires (then it throws the reason), and when there are more bytes than `size`.
 * @throws {@link RegistryError} `SIZE_INVALID` when the body is not `size` bytes long.
 */
export async function* intake(
  body: Body,
  options: { size?: number | undefined; signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array, void, void> {
  const { size, signal } = options
  let count = 0
  for await (const chunk of body instanceof Uint8Array ? [body] : read(body, signal)) {
    count += chunk.length
    if (size !== undefined && count > size) throw wrongSize(size, `more than ${size}`)
    if (chunk.length > 0) yield chunk
    signal?.throwIfAborted()
  }
  if (size !== undefined && count < size) throw wrongSize(size, `${count}`)
}

/**
 * All bytes of a body of known length: {@link intake}.
 * @throws {@link RegistryError} `SIZE_INVALID` when the body is not `size` bytes long.
 */
export async function gather(
  body: Body,
  options: { size: number; signal: AbortSignal | undefined },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(options.size)
  let at = 0
  for await (const chunk of intake(body, options)) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** Runs `work`, and makes sure that the body does not stay open if it fails before it has read it. */
export async function withBody<T>(body: Body, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(body instanceof Uint8Array) && !body.locked) body.cancel(error).catch(() => {})
    throw error
  }
}

async function* read(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = body.getReader()
  // A cancelled reader answers `done` at once, also to a read that a stalled client keeps waiting.
  const stop = (): void => void reader.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', stop, { once: true })
  let open = true
  try {
    signal?.throwIfAborted()
    for (;;) {
      const { done, value } = await reader.read()
      signal?.throwIfAborted()
      if (done) break
      yield value
    }
    open = false
  } finally {
    signal?.removeEventListener('abort', stop)
    if (open) reader.cancel(signal?.reason).catch(() => {})
    reader.releaseLock()
  }
}

function wrongSize(size: number, actual: string): RegistryError {
  return new RegistryError('SIZE_INVALID', `the body has ${actual} bytes, ${size} were announced`)
}
