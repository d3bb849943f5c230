/**
 * Bytes from a stream into a file, fast and in order.
 * @module
 */

import type { Release } from '../../../src/body.ts'
import type { OpenFile } from './open-file.ts'

/** Bytes that are collected for one write. */
const BATCH = 1024 * 1024
/** Chunks that are collected for one write: a system call takes 1,024. */
const BATCH_CHUNKS = 1024

/** Bytes that may wait for the disk: more of them would let it idle now, and the client wait for it at the end. */
const UNSYNCED = 32 * 1024 * 1024

/** How chunks are written. */
export interface PourOptions {
  readonly position: number
  /** Whether the disk is to work all the while. */
  readonly sync: boolean
  /** Frees a chunk that was written. */
  readonly release?: Release | undefined
}

/**
 * Writes `chunks` from `position` on and returns how many bytes they had. One batch is written as the next fills.
 * The last bytes are left for the caller to sync.
 */
export async function pour(
  file: Pick<OpenFile, 'writev' | 'datasync'>,
  chunks: AsyncIterable<Uint8Array>,
  { position, sync, release }: PourOptions,
): Promise<number> {
  let batch: Uint8Array[] = []
  let size = 0
  let end = position
  let synced = position
  const writing = background()
  const syncing = background()
  const writeBatch = async (buffers: Uint8Array[], at: number): Promise<void> => {
    await writeAll(file, buffers, at)
    if (release) for (const buffer of buffers) release(buffer)
  }
  const flush = (): void => {
    writing.begin(writeBatch(batch, end))
    end += size
    batch = []
    size = 0
  }
  try {
    for await (const chunk of chunks) {
      batch.push(chunk)
      size += chunk.length
      if (size < BATCH && batch.length < BATCH_CHUNKS) continue
      await writing.done
      if (sync && end - synced >= UNSYNCED) {
        await syncing.done
        syncing.begin(file.datasync())
        synced = end
      }
      flush()
    }
    await writing.done
    if (size > 0) flush()
    await writing.done
    // A failed sync is reported once: the caller's own would not tell.
    await syncing.done
    return end - position
  } catch (error) {
    // The caller closes or removes the file next.
    await Promise.allSettled([writing.done, syncing.done])
    throw error
  }
}

/** Work that is awaited later, and does not count as unhandled until then. */
function background(): { done: Promise<void>; begin(work: Promise<void>): void } {
  return {
    done: Promise.resolve(),
    begin(work) {
      work.catch(() => {})
      this.done = work
    },
  }
}

async function writeAll(
  file: Pick<OpenFile, 'writev'>,
  buffers: Uint8Array[],
  position: number,
): Promise<void> {
  let rest = buffers
  let at = position
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, at)
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
