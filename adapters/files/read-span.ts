/**
 * Reading files, for all adapters that keep something in files: folders and tars of image layouts, and the storage in
 * a folder. Nothing here knows what is in them.
 * @module
 */

import { Buffer } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { Span } from '../../src/oci/index.ts'

const READ_SIZE = 256 * 1024

/**
 * A part of a file, read one chunk ahead. The file is opened by the first pull, and closed at the end, on cancel and on
 * every error. A file that is too short is an error, not an early end.
 * @param options.signal Ends it between two chunks.
 */
export function readSpan(
  path: string,
  { offset, length }: Span,
  { signal }: { readonly signal?: AbortSignal } = {},
): ReadableStream<Uint8Array> {
  const end = offset + length
  let handle: FileHandle | undefined
  let closed = false
  let at = offset
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
          if (length === 0) return controller.close()
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
