/**
 * An archive that is being written: beside the old one, which it replaces at the end.
 *
 * Blobs go in as they come, one after the other; the few small files that change are kept in memory and go in last.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LayoutFiles, LayoutWriting } from '../../src/layout/index.ts'
import type { Span } from '../../src/oci/index.ts'
import { orNone, writing } from './errors.ts'
import { pour, writeAll } from './file-bytes.ts'
import { syncFolder } from './folder-files.ts'
import { filesOf } from './tar-files.ts'
import { TAR_END, tarEnd, tarHeader } from './tar-header.ts'

/** An archive on its way. */
export interface TarWriter {
  /** What is in it so far. */
  readonly files: LayoutFiles & { readonly writing: LayoutWriting }
  /** Whether something was removed, whose bytes are still in there. */
  hasHoles(): boolean
  /** Ends it: with the small files last, durable, under its name. */
  finish(): Promise<void>
  /** Removes what was written. */
  discard(): Promise<void>
}

/** Begins an archive that will be at `path`. */
export async function tarWriter(path: string): Promise<TarWriter> {
  const part = `${path}.${randomBytes(6).toString('hex')}.part`
  const file = await writing(() => open(part, 'wx+'))
  const blobs = new Map<string, Span>()
  const small = new Map<string, { bytes: Uint8Array; version: number }>()
  const oneByOne = queue()
  const change = queue()
  let end = 0
  let version = 0
  let removed = false

  const put = async (name: string, size: number): Promise<void> => {
    const header = tarHeader(name, size)
    await writeAll(file, header, end)
    blobs.set(name, { offset: end + header.length, length: size })
    end = tarEnd(end + header.length + size)
    // What is not written reads as zeros, which is what files are filled up with.
    await file.truncate(end)
  }
  const stage: LayoutWriting['stage'] = async (name, body, options) => {
    const done = await oneByOne()
    const at = end
    const drop = async (): Promise<void> => {
      try {
        await file.truncate(at)
      } finally {
        done()
      }
    }
    try {
      const size = await writing(() => pour(body, file, at + tarHeader(name, 0).length, options))
      return {
        size,
        drop,
        async keep() {
          // Its name says what is in it: once is enough.
          if (blobs.has(name)) return drop()
          try {
            await writing(() => put(name, size))
          } finally {
            done()
          }
        },
      }
    } catch (error) {
      await drop()
      throw error
    }
  }
  const inFile = filesOf(part, (name) => blobs.get(name))
  return {
    files: {
      async version(name, call) {
        const found = small.get(name)
        return found ? String(found.version) : inFile.version(name, call)
      },
      size: async (name, call) => small.get(name)?.bytes.length ?? inFile.size(name, call),
      read: async (name, limit, call) => small.get(name)?.bytes ?? inFile.read(name, limit, call),
      open(name, span, call) {
        const found = small.get(name)
        if (!found) return inFile.open(name, span, call)
        return new Blob([found.bytes.slice(span.offset, span.offset + span.length)]).stream()
      },
      writing: {
        stage,
        async replace(name, bytes) {
          small.set(name, { bytes, version: ++version })
        },
        async remove(name) {
          const isThere = blobs.delete(name)
          removed ||= isThere
          return isThere
        },
        async alone(work) {
          const done = await change()
          try {
            return await work()
          } finally {
            done()
          }
        },
      },
    },
    hasHoles: () => removed,
    finish: () =>
      writing(async () => {
        for (const [name, { bytes }] of small) {
          await writeAll(file, bytes, end + tarHeader(name, 0).length)
          await put(name, bytes.length)
        }
        await writeAll(file, TAR_END, end)
        await file.sync()
        await file.close()
        await rename(part, path)
        await syncFolder(dirname(path))
      }),
    async discard() {
      await file.close()
      await orNone(unlink(part))
    },
  }
}

/** Turns: what is waited for is told when it ends. */
function queue(): () => Promise<() => void> {
  let last: Promise<void> = Promise.resolve()
  return async () => {
    const before = last
    let done = (): void => {}
    last = new Promise((resolve) => {
      done = resolve
    })
    await before
    return done
  }
}
