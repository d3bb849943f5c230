/**
 * Open files. To open, to ask for a size and to close touches memory only, and to hand that to another thread
 * costs several times the call itself; so it is done at once, and only what waits for the disk is asynchronous.
 * @module
 */

import { Buffer } from 'node:buffer'
import * as fs from 'node:fs'
import { promisify } from 'node:util'

/** Deno's `writev` hands each buffer to another thread by itself: copying them together takes half the time. */
const IN_ONE = 'Deno' in globalThis

/** Not by `promisify`, which is told by Node, but not by Deno, that there is more than one result. */
function writev(
  fd: number,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<{ bytesWritten: number }> {
  const given = IN_ONE ? [Buffer.concat(buffers)] : buffers
  return new Promise((resolve, reject) => {
    fs.writev(fd, given, position, (error, bytesWritten) =>
      error ? reject(error) : resolve({ bytesWritten }),
    )
  })
}

const fdatasync = promisify(fs.fdatasync)
const fsync = promisify(fs.fsync)
const ftruncate = promisify(fs.ftruncate)

/** A file or a folder that is open. */
export interface OpenFile {
  /** Bytes in it now. */
  size(): number
  /** Writes a small value, whole, at once. */
  fill(value: Uint8Array): void
  /** Writes as many of the bytes as the disk takes. */
  writev(buffers: readonly Uint8Array[], position: number): Promise<{ bytesWritten: number }>
  /** Cuts off what lies beyond. */
  truncate(size: number): Promise<void>
  /** Makes the bytes durable. */
  datasync(): Promise<void>
  /** Makes the bytes and what is known of the file durable; for a folder, the names in it. */
  sync(): Promise<void>
  /** To be called once, when nothing is under way. */
  close(): void
}

/** Opens a file. @param flags As Node's `fs.open` takes them. */
export function openFile(path: string, flags: 'r' | 'r+' | 'wx'): OpenFile {
  const fd = fs.openSync(path, flags)
  return {
    size: () => fs.fstatSync(fd).size,
    fill: (value) => fs.writeFileSync(fd, value),
    writev: (buffers, position) => writev(fd, buffers, position),
    truncate: (size) => ftruncate(fd, size),
    datasync: () => fdatasync(fd),
    sync: () => fsync(fd),
    close: () => fs.closeSync(fd),
  }
}
