/**
 * Bytes of files: one as a stream, and a stream into one.
 * @module
 */

import { Buffer } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { releaseOf } from '../../src/body.ts'
import { createHasher } from '../../src/hash/index.ts'
import type { Algorithm, Digest } from '../../src/oci/index.ts'
import { RegistryError } from '../../src/oci/index.ts'
import type { CallOptions } from '../../src/registry.ts'

const READ_SIZE = 256 * 1024

/** All of a file, opened by the first read. */
export function readFile(path: string): ReadableStream<Uint8Array> {
  return readAll(
    () => open(path, 'r'),
    (file) => file.close(),
  )
}

/** All of a file that is open, and stays so. */
export function readOpen(file: FileHandle): ReadableStream<Uint8Array> {
  return readAll(
    async () => file,
    async () => {},
  )
}

function readAll(
  begin: () => Promise<FileHandle>,
  end: (file: FileHandle) => Promise<void>,
): ReadableStream<Uint8Array> {
  let file: FileHandle | undefined
  let at = 0
  const close = async (): Promise<void> => {
    const opened = file
    file = undefined
    if (opened) await end(opened)
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          file ??= await begin()
          const bytes = Buffer.allocUnsafeSlow(READ_SIZE)
          const { bytesRead } = await file.read(bytes, 0, bytes.length, at)
          at += bytesRead
          if (bytesRead > 0) return controller.enqueue(new Uint8Array(bytes.buffer, 0, bytesRead))
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

/** The digest of a file. */
export async function digestOfFile(
  path: string,
  algorithm: Algorithm = 'sha256',
  { signal }: CallOptions = {},
): Promise<Digest> {
  const hasher = createHasher(algorithm)
  for await (const chunk of readFile(path)) {
    signal?.throwIfAborted()
    await hasher.update(chunk)
  }
  return hasher.digest()
}

/** Writes all bytes into a file, from its beginning on. Who stalls is left when the signal fires. @returns how many. */
export async function pour(
  body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
  file: FileHandle,
  { signal, passed = () => {} }: CallOptions & { passed?(chunk: Uint8Array): unknown } = {},
): Promise<number> {
  let size = 0
  const release = body instanceof ReadableStream ? releaseOf(body) : undefined
  const bytes = body instanceof ReadableStream ? chunksOf(body, signal) : untilEnded(body, signal)
  for await (const chunk of bytes) {
    signal?.throwIfAborted()
    await passed(chunk)
    await writing(() => writeAll(file, chunk, size))
    size += chunk.length
    release?.(chunk)
  }
  return size
}

async function* chunksOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = body.getReader()
  const stop = (): void => void reader.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', stop, { once: true })
  try {
    signal?.throwIfAborted()
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
    // A reader that was cancelled comes to an end, too.
    signal?.throwIfAborted()
  } finally {
    signal?.removeEventListener('abort', stop)
    await reader.cancel().catch(() => {})
  }
}

/** The same of what is no such stream, as the standard input: Node's streams are destroyed, and so let the process end. */
async function* untilEnded(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const stop = (): void => {
    if (body instanceof Readable) body.destroy()
  }
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  try {
    signal?.throwIfAborted()
    yield* body
  } catch (error) {
    // One that was destroyed has ended too early.
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
  signal?.throwIfAborted()
}

/** Writes may be short. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at)
    at += bytesWritten
  }
}

/** Does work that writes: a full disk becomes an error that is not tried again. */
async function writing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isCode(error, 'ENOSPC', 'EDQUOT')) throw error
    throw new RegistryError('STORAGE_FULL', 'the disk is full: no space is left', { cause: error })
  }
}

/** Whether `error` is a system error with one of these codes. */
export function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** What a promise gives; `null` if the file is not there. */
export async function orNone<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
}
