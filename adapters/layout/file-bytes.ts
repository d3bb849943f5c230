/**
 * Bytes out of files and into them. Chunks are freed as soon as they are written: left to the garbage collector, they
 * pile up to more than everything else in a copy.
 * @module
 */

import { type FileHandle, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { markOwned, releaseOf } from '../../src/body.ts'
import type { Span } from '../../src/oci/index.ts'
import type { Body, CallOptions } from '../../src/registry.ts'
import { readSpan } from '../files/read-span.ts'
import { orNone, tooLarge } from './errors.ts'

/** Bytes of a file; `null` if there is none. */
export async function sizeOf(path: string): Promise<number | null> {
  const found = await orNone(stat(path))
  return found?.isFile() ? found.size : null
}

/**
 * Reads a small file whole: the one that was opened, also when another takes its place or it is written anew meanwhile.
 * `null` if there is none.
 * @throws RegistryError `SIZE_INVALID` above `limit` bytes.
 */
export async function readSmall(
  folder: string,
  path: string,
  limit: number,
  { signal }: CallOptions = {},
): Promise<Uint8Array | null> {
  const file = join(folder, path)
  const size = await sizeOf(file)
  if (size === null) return null
  if (size > limit) throw tooLarge(path, limit)
  const bytes = await orNone(readFile(file, { signal }))
  return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** A part of a file, opened by the first read; its chunks are in nobody's hands but its reader's. */
export function spanOf(path: string, span: Span, call?: CallOptions): ReadableStream<Uint8Array> {
  return markOwned(readSpan(path, span, call), free)
}

/** Detaching frees at once. Older versions of Node cannot. */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer?.(0)
}

/** Writes all bytes of a body into a file, from a position on. @returns how many. */
export async function pour(
  body: Body,
  file: FileHandle,
  position: number,
  { signal, passed = () => {} }: CallOptions & { passed?(chunk: Uint8Array): unknown } = {},
): Promise<number> {
  let size = 0
  const release = body instanceof Uint8Array ? undefined : releaseOf(body)
  const take = async (chunk: Uint8Array): Promise<void> => {
    await passed(chunk)
    await writeAll(file, chunk, position + size)
    size += chunk.length
    release?.(chunk)
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
