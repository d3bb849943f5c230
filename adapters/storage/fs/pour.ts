/**
 * Bytes from a stream into a file, fast and in order.
 * @module
 */

import type { FileHandle } from 'node:fs/promises'

/** Bytes that are collected for one write. */
const BATCH = 1024 * 1024
/** Chunks that are collected for one write: a system call takes 1,024. */
const BATCH_CHUNKS = 1024

/** Writes `chunks` from `position` on and returns how many bytes they had. One batch is written as the next fills. */
export async function pour(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  position: number,
): Promise<number> {
  let batch: Uint8Array[] = []
  let size = 0
  let end = position
  let inFlight: Promise<void> = Promise.resolve()
  const flush = (): void => {
    inFlight = writeAll(handle, batch, end)
    // Awaited below, but perhaps only after the next chunk: until then it must not count as unhandled.
    inFlight.catch(() => {})
    end += size
    batch = []
    size = 0
  }
  try {
    for await (const chunk of chunks) {
      batch.push(chunk)
      size += chunk.length
      if (size < BATCH && batch.length < BATCH_CHUNKS) continue
      await inFlight
      flush()
    }
    await inFlight
    if (size > 0) flush()
    await inFlight
    return end - position
  } catch (error) {
    // The caller closes or removes the file next.
    await inFlight.catch(() => {})
    throw error
  }
}

async function writeAll(handle: FileHandle, buffers: Uint8Array[], position: number): Promise<void> {
  let rest = buffers
  let at = position
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, at)
    at += bytesWritten
    rest = behind(rest, bytesWritten)
  }
}

/** What is left of `buffers` after their first `count` bytes: a write may be short. */
function behind(buffers: Uint8Array[], count: number): Uint8Array[] {
  let skip = 0
  let left = count
  while (skip < buffers.length && buffers[skip]!.length <= left) left -= buffers[skip++]!.length
  const rest = buffers.slice(skip)
  if (left > 0) rest[0] = rest[0]!.subarray(left)
  return rest
}
