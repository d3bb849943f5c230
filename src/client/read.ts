/**
 * Reading bodies that may stall.
 * @module
 */

import { concatBytes } from '@noble/hashes/utils.js'

/** The next chunk; `null` at the end. Rejects when none comes in time, and cancels the body then. */
export async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  timeout: number,
): Promise<Uint8Array | null> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${timeout / 1000} s`)), timeout)
  })
  try {
    const { value, done } = await Promise.race([reader.read(), late])
    return done ? null : value
  } catch (error) {
    reader.cancel(error).catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Reads a body whole; `null` if it has more than `limit` bytes, of which the rest is not read. */
export async function readUpTo(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
  timeout: number,
): Promise<Uint8Array | null> {
  if (!body) return new Uint8Array()
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (let chunk = await nextChunk(reader, timeout); chunk; chunk = await nextChunk(reader, timeout)) {
    size += chunk.length
    chunks.push(chunk)
    if (size <= limit) continue
    await reader.cancel().catch(() => {})
    return null
  }
  return chunks.length === 1 ? chunks[0]! : concatBytes(...chunks)
}

/** Lets go of a body that nobody reads. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {})
}
