/**
 * A part of a file as a stream.
 * @module
 */

import { Buffer } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'

const READ_SIZE = 256 * 1024

/**
 * The bytes of a file from `start` to `end`, read one chunk ahead. The file is opened by the first pull, and
 * closed at the end, on cancel and on every error. A file that is too short is an error, not an early end.
 */
export function fileStream(
  path: string,
  start: number,
  end: number,
  signal?: AbortSignal,
): ReadableStream<Uint8Array> {
  let handle: FileHandle | undefined
  let closed = false
  let at = start
  let ahead: Promise<Uint8Array> | undefined

  const readNext = (file: FileHandle): Promise<Uint8Array> => {
    const position = at
    at = Math.min(end, at + READ_SIZE)
    const next = readExactly(file, position, at - position)
    // Awaited by the next pull, which may never come.
    next.catch(() => {})
    return next
  }
  const close = async (): Promise<void> => {
    closed = true
    const file = handle
    handle = undefined
    await ahead?.catch(() => {})
    await file?.close()
  }
  const opened = async (): Promise<FileHandle> => {
    handle ??= await open(path, 'r')
    return handle
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          signal?.throwIfAborted()
          if (start === end) return controller.close()
          const file = await opened()
          const chunk = await (ahead ?? readNext(file))
          // A cancel may have come while this was waiting, even before there was anything to close.
          if (closed) return await close()
          ahead = at < end ? readNext(file) : undefined
          controller.enqueue(chunk)
          if (ahead !== undefined) return
          controller.close()
          await close()
        } catch (error) {
          await close()
          throw error
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  )
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  // Not from the pool, which others share, and not zeroed, because it is filled or dropped.
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(length)
  const bytes = new Uint8Array(buffer, byteOffset, length)
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at, position + at)
    if (bytesRead === 0) throw new Error('the content was truncated while it was read')
    at += bytesRead
  }
  return bytes
}
