/**
 * Bytes that come once and are read several times: in a file that nobody else sees.
 * @module
 */

import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pour, readOpen } from './file-bytes.ts'

/** Bytes that were kept. Disposing of them frees their space, and so does the end of the process. */
export interface Spooled extends AsyncDisposable {
  /** All of them. Any number of times, also at once. */
  open(): ReadableStream<Uint8Array>
}

/** Keeps bytes on the disk, in the folder for temporary files. @throws RegistryError `STORAGE_FULL`. */
export async function spool(body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Spooled> {
  const folder = await mkdtemp(join(tmpdir(), 'ocikit-'))
  const file = await open(join(folder, 'bytes'), 'wx+', 0o600).finally(() =>
    // It lives on without a name, until it is closed: nothing stays behind, whatever ends this process.
    rm(folder, { recursive: true, force: true }),
  )
  try {
    await pour(body, file, signal ? { signal } : {})
  } catch (error) {
    await file.close()
    throw error
  }
  return { open: () => readOpen(file), [Symbol.asyncDispose]: () => file.close() }
}
