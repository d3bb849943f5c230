/**
 * The files of a layout in a folder.
 *
 * What is being written lies in `.ocikit` beside them, until it is renamed. That folder is there only while somebody
 * writes, or when somebody was killed; what is older than a day in it is removed.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { markFile } from '../../src/body.ts'
import type { LayoutFiles, LayoutWriting, Staged } from '../../src/layout/index.ts'
import { isCode, orNone, writing } from './errors.ts'
import { pour, readSmall, sizeOf, spanOf } from './file-bytes.ts'
import { uploadsIn } from './folder-uploads.ts'
import { type Lock, whileLocked } from './lock.ts'

const DAY = 24 * 60 * 60 * 1000

/** The files, and what lets go of the folder for what is being written. */
export interface FolderFiles extends LayoutFiles {
  readonly writing: LayoutWriting
  close(): Promise<void>
}

/** The files of a layout in a folder, which is made by the first write. */
export function folderFiles(folder: string): FolderFiles {
  const at = (path: string): string => join(folder, path)
  const scratch = at('.ocikit')
  /** While we write alone. */
  let lock: Lock | undefined
  let begun: { readonly at: number; readonly done: Promise<void> } | undefined
  /** What is old is looked for once a day: a server may run for years. */
  const begin = (): Promise<void> => {
    if (begun && Date.now() - begun.at < DAY) return begun.done
    const done = writing(async () => {
      await mkdir(scratch, { recursive: true })
      await removeOld(scratch)
    })
    begun = { at: Date.now(), done }
    // The next one tries again.
    done.catch(() => {
      begun = undefined
    })
    return done
  }
  /** The folder may have been tidied away by another process. */
  const inScratch = async <T>(work: () => Promise<T>): Promise<T> => {
    await begin()
    return writing(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await work()
        } catch (error) {
          if (!isCode(error, 'ENOENT') || attempt === 5) throw error
          await mkdir(scratch, { recursive: true })
        }
      }
    })
  }
  const create = (): Promise<{ path: string; file: FileHandle }> =>
    inScratch(async () => {
      const path = join(scratch, randomBytes(9).toString('hex'))
      return { path, file: await open(path, 'wx') }
    })
  const keep = (from: string, path: string): Promise<void> => writing(() => move(from, at(path)))
  const uploads = uploadsIn(join(scratch, 'uploads'), keep)

  const stage: LayoutWriting['stage'] = async (name, body, options) => {
    const { path, file } = await create()
    try {
      const size = await writing(async () => {
        const written = await pour(body, file, 0, options)
        await file.datasync()
        return written
      })
      const staged: Staged = {
        size,
        keep: () => keep(path, name),
        drop: async () => void (await orNone(unlink(path))),
      }
      return staged
    } catch (error) {
      await orNone(unlink(path))
      throw error
    } finally {
      await file.close()
    }
  }
  return {
    async version(path) {
      const found = await orNone(stat(at(path), { bigint: true }))
      return found ? `${found.mtimeNs}-${found.size}-${found.ino}` : null
    },
    size: (path) => sizeOf(at(path)),
    read: (path, limit, call) => readSmall(folder, path, limit, call),
    open: (path, span, call) => markFile(spanOf(at(path), span, call), { path: at(path), ...span }),
    writing: {
      stage,
      async replace(path, bytes) {
        const staged = await stage(path, bytes, { passed: () => {} })
        try {
          await lock?.check()
        } catch (error) {
          await staged.drop()
          throw error
        }
        await staged.keep()
      },
      async remove(path) {
        return (await orNone(unlink(at(path)).then(() => true))) ?? false
      },
      async alone(work) {
        await begin()
        return whileLocked(join(scratch, 'lock'), async (held) => {
          lock = held
          try {
            return await work()
          } finally {
            lock = undefined
          }
        })
      },
      uploads: { ...uploads, create: () => begin().then(uploads.create) },
    },
    async close() {
      // Who has only read has made nothing, and may not be allowed to remove what others have.
      if (!begun) return
      for (const each of [join(scratch, 'uploads'), scratch])
        await rmdir(each).catch((error: unknown) => {
          if (!isCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error
        })
    },
  }
}

/** Renames, and makes that durable, also for folders that are new. */
async function move(from: string, to: string): Promise<void> {
  const folder = dirname(to)
  const made = await mkdir(folder, { recursive: true })
  await rename(from, to)
  const last = made === undefined ? folder : dirname(made)
  for (let each = folder; ; each = dirname(each)) {
    await syncFolder(each)
    if (each === last) return
  }
}

/** Makes durable what was renamed in a folder. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch (error) {
    // Some file systems have nothing to sync there.
    if (!isCode(error, 'EINVAL', 'ENOTSUP', 'EPERM')) throw error
  } finally {
    await folder.close()
  }
}

async function removeOld(scratch: string): Promise<void> {
  for (const folder of [scratch, join(scratch, 'uploads')]) {
    for (const name of (await orNone(readdir(folder))) ?? []) {
      const path = join(folder, name)
      const found = await orNone(stat(path))
      if (found?.isFile() && Date.now() - found.mtimeMs > DAY) await rm(path, { force: true })
    }
  }
}
