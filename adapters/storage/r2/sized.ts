/**
 * Streams of known length, which is all that R2 takes.
 * @module
 */

import type { Body } from '../../../src/registry.ts'
import { gather, intake } from '../../../src/storage/intake.ts'

/** Cloudflare's stream that gives exactly so many bytes, or fails. */
type FixedLengthStreamClass = new (length: number) => TransformStream<Uint8Array, Uint8Array>

function fixedLengthStream(): FixedLengthStreamClass | undefined {
  return (globalThis as { FixedLengthStream?: FixedLengthStreamClass }).FixedLengthStream
}

/** Passes `length` bytes on. On Workers an answer made of it has that length, which it would not have otherwise. */
export function passage(length: number): TransformStream<Uint8Array, Uint8Array> {
  const Fixed = fixedLengthStream()
  return Fixed ? new Fixed(length) : new TransformStream()
}

/** What R2 is given. */
export type SizedBody = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>

/**
 * Hands a body to R2 as it comes in, nothing of it kept, and holds it to its size.
 *
 * @param send What R2 does with it.
 * @param undo Runs when R2 took the bytes although the body failed or the caller gave up.
 * @throws {@link RegistryError} `SIZE_INVALID` when the body is not `size` bytes long. The body's stream is cancelled
 *   on every way out.
 */
export async function sendSized<T>(
  body: Body,
  size: number,
  signal: AbortSignal | undefined,
  send: (body: SizedBody) => Promise<T>,
  undo: (sent: T) => Promise<void>,
): Promise<T> {
  const Fixed = fixedLengthStream()
  // Bytes at hand, an empty body, or a runtime that is not Cloudflare's.
  if (body instanceof Uint8Array || size === 0 || !Fixed) return send(await gather(body, { size, signal }))
  const { readable, writable } = new Fixed(size)
  const writer = writable.getWriter()
  const sent = send(readable)
  // R2 may give up first; then nobody takes the next chunk.
  const refused = sent.then(() => new Promise<never>(() => {}))
  refused.catch(() => {})
  try {
    for await (const chunk of intake(body, { size, signal }))
      await Promise.race([writer.write(chunk), refused])
    await Promise.race([writer.close(), refused])
  } catch (error) {
    await writer.abort(error).catch(() => {})
    const done = await sent.then(
      (value) => ({ value }),
      () => null,
    )
    if (done) await undo(done.value)
    throw error
  }
  return sent
}
