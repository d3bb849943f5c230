/**
 * Bytes of files: a part of one as a stream, and a stream into one.
 * @module
 */

import { Buffer } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { Span } from '../../src/oci/index.ts'
import type { Body, CallOptions } from '../../src/registry.ts'

const READ_SIZE = 256 * 1024

/** A part of a file, opened by the first read. A file that is shorter is an error, not an early end. */
export function readSpan(
  path: string,
  { offset, length }: Span,
  { signal }: CallOptions = {},
): ReadableStream<Uint8Array> {
  let handle: FileHandle | undefined
  let at = offset
  const end = offset + length
  const close = async (): Promise<void> => {
    const file = handle
    handle = undefined
    await file?.close()
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          signal?.throwIfAborted()
          if (at < end) {
            handle ??= await open(path, 'r')
            const bytes = Buffer.allocUnsafeSlow(Math.min(READ_SIZE, end - at))
            const { bytesRead } = await handle.read(bytes, 0, bytes.length, at)
            if (bytesRead === 0) throw new Error(`${path} was truncated while it was read`)
            at += bytesRead
            controller.enqueue(new Uint8Array(bytes.buffer, 0, bytesRead))
          }
          if (at < end) return
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

/** Writes all bytes of a body into a file, from a position on. @returns how many. */
export async function pour(
  body: Body,
  file: FileHandle,
  position: number,
  { signal, passed = () => {} }: CallOptions & { passed?(chunk: Uint8Array): unknown } = {},
): Promise<number> {
  let size = 0
  const take = async (chunk: Uint8Array): Promise<void> => {
    await passed(chunk)
    await writeAll(file, chunk, position + size)
    size += chunk.length
  }
  if (body instanceof Uint8Array) await take(body)
  else await readAll(body, take, signal)
  return size
}

/** Also who stalls is left when the signal fires. */
async function readAll(
  body: ReadableStream<Uint8Array>,
  take: (chunk: Uint8Array) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const reader = body.getReader()
  const cancel = (reason: unknown): Promise<void> => reader.cancel(reason).catch(() => {})
  const stop = (): void => void cancel(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    signal?.throwIfAborted()
    for (let next = await reader.read(); !next.done; next = await reader.read()) await take(next.value)
    // A reader that was cancelled comes to an end, too.
    signal?.throwIfAborted()
  } catch (error) {
    await cancel(error)
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** Writes may be short. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at)
    at += bytesWritten
  }
}
