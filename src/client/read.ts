/**
 * Reading bodies that may stall.
 * @module
 */

import { appended } from '../body.ts'

/** The next chunk; `null` at the end. Rejects when none comes in time, and cancels the body then. */
export function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  timeout: number,
): Promise<Uint8Array | null> {
  // Not by a race, which makes four promises more for every chunk of a download.
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      clearTimeout(timer)
      reject(error)
      reader.cancel(error).catch(() => {})
    }
    const timer = setTimeout(() => fail(new Error(`nothing came for ${timeout / 1000} s`)), timeout)
    reader.read().then(({ value, done }) => {
      clearTimeout(timer)
      resolve(done ? null : value)
    }, fail)
  })
}

/** Reads a body whole; `null` if it has more than `limit` bytes, of which the rest is not read. */
export async function readUpTo(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
  timeout: number,
): Promise<Uint8Array | null> {
  if (!body) return new Uint8Array()
  const reader = body.getReader()
  // Not the chunks themselves: a million of one byte each would take a hundred times their bytes.
  let bytes: Uint8Array = new Uint8Array()
  let size = 0
  for (let chunk = await nextChunk(reader, timeout); chunk; chunk = await nextChunk(reader, timeout)) {
    if (size + chunk.length > limit) {
      await reader.cancel().catch(() => {})
      return null
    }
    bytes = size === 0 ? chunk : appended(bytes, size, chunk)
    size += chunk.length
  }
  return bytes.subarray(0, size)
}

/** Lets go of a body that nobody reads. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {})
}
