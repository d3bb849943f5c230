/**
 * Contents as files: one file for each place.
 *
 * A place belongs to one attempt, and only a link makes it known. So `write` fills the final file directly, and
 * a crash leaves a file that nobody names; renaming it would only cost. What is made of pieces may lie about
 * for hours, and carries another name until it is sealed.
 * @module
 */

import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { copyFile, open, rename, stat, truncate, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { markFile } from '../../../src/body.ts'
import { RegistryError } from '../../../src/oci/index.ts'
import type { Contents } from '../../../src/storage/contract.ts'
import { intake, withBody } from '../../../src/storage/intake.ts'
import { checkKey } from '../../../src/storage/key.ts'
import { ignore, isCode, writing } from './errors.ts'
import { fileStream } from './file-stream.ts'
import { Folders } from './folders.ts'
import { pathOf } from './key-path.ts'
import { pour } from './pour.ts'

/** Shares the blocks where the disk can, and never overwrites. */
const CLONE_NEW = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL
const INFINITY = Number.POSITIVE_INFINITY
/** Ends the name of a file that is not sealed. A place cannot: its `+` is escaped. */
const PART = '+part'
/** There is one writer at a time and one file for each place, so the place says it all. */
const HANDLE = 'file'

/** Contents below `root`: the place `content/x` is the file `x`. */
export function fileContents(root: string, maxKey: number, sync: boolean): Contents {
  const folders = new Folders(root, sync)
  /** Files that `write` has not finished: they are not readable yet. */
  const unfinished = new Set<string>()
  /** Files that pieces are being written to: how many now, and how many since nobody was. */
  const busy = new Map<string, { now: number; since: number }>()

  const fileOf = (place: string): string => {
    checkKey(place, maxKey)
    const rest = place.startsWith('content/') ? pathOf(place.slice(8)) : `+/${pathOf(place)}`
    return `${root}/${rest}`
  }
  const sizeOf = async (file: string): Promise<number | null> => {
    if (unfinished.has(file)) return null
    const found = await stat(file).catch(ignore('ENOENT', 'ENOTDIR'))
    return found?.isFile() ? found.size : null
  }
  const flush = async (handle: FileHandle): Promise<void> => {
    if (sync) await handle.datasync()
  }
  const erase = async (file: string): Promise<void> => {
    try {
      await unlink(file)
    } catch (error) {
      return ignore('ENOENT', 'ENOTDIR')(error)
    }
    await folders.prune(dirname(file))
  }

  /** Runs `work` on a new file, which disappears if that fails. */
  const fill = async (handle: FileHandle, file: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work().finally(() => handle.close())
    } catch (error) {
      await erase(file)
      throw error
    }
  }

  return {
    pieces: { min: 1, max: INFINITY, count: INFINITY, equal: false, sized: false },
    verifies: [],
    write(place, body, { size, signal }) {
      return withBody(body, () =>
        writing(async () => {
          signal?.throwIfAborted()
          const file = fileOf(place)
          if (unfinished.has(file)) throw new Error(`the place ${place} is taken`)
          unfinished.add(file)
          try {
            const handle = await folders.into(dirname(file), () => open(file, 'wx'))
            await fill(handle, file, async () => {
              await pour(handle, intake(body, { size, signal }), 0)
              await Promise.all([flush(handle), folders.settle(dirname(file))])
            })
          } finally {
            unfinished.delete(file)
          }
          return place
        }),
      )
    },
    async open(place, options) {
      options?.signal?.throwIfAborted()
      const part = fileOf(place) + PART
      const handle = await writing(() => folders.into(dirname(part), () => open(part, 'wx')))
      await handle.close()
      return HANDLE
    },
    piece(place, _handle, at, body, options) {
      const signal = options?.signal
      return withBody(body, () =>
        writing(async () => {
          signal?.throwIfAborted()
          const part = fileOf(place) + PART
          const handle = await open(part, 'r+')
          const writers = busy.get(part) ?? { now: 0, since: 0 }
          busy.set(part, writers)
          writers.now++
          writers.since++
          try {
            if ((await handle.stat()).size < at.offset) throw new RangeError(`piece ${at.no} leaves a hole`)
            const size = await pour(handle, intake(body, { size: at.size, signal }), at.offset).catch(
              async (error: unknown) => {
                // What came counts for nothing: on a full disk it would keep everybody from writing.
                if (writers.since === 1) await handle.truncate(at.offset).catch(() => {})
                throw error
              },
            )
            if ((await handle.stat()).size > at.offset + size) await handle.truncate(at.offset + size)
            // The name is as old as the first piece, and was made durable with it.
            const name = at.offset === 0 ? folders.settle(dirname(part)) : undefined
            await Promise.all([flush(handle), name])
            return { receipt: '', size }
          } finally {
            if (--writers.now === 0) busy.delete(part)
            await handle.close()
          }
        }),
      )
    },
    async fork(place, _handle, to, size, options) {
      options?.signal?.throwIfAborted()
      const part = fileOf(place) + PART
      const copy = fileOf(to) + PART
      return writing(async () => {
        const present = (await stat(part)).size
        if (present < size) throw tooShort(present, size)
        await folders.into(dirname(copy), () => copyFile(part, copy, CLONE_NEW))
        const handle = await open(copy, 'r+')
        await fill(handle, copy, async () => {
          await handle.truncate(size)
          await Promise.all([flush(handle), folders.settle(dirname(copy))])
        })
        return HANDLE
      })
    },
    async seal(place, _handle, _pieces, { size, signal }) {
      signal?.throwIfAborted()
      const file = fileOf(place)
      const part = file + PART
      if (busy.has(part)) throw new Error(`a piece is still being written to ${place}`)
      return writing(async () => {
        try {
          const { size: present } = await stat(part)
          if (present < size) throw tooShort(present, size)
          if (present > size) await shorten(part, size, sync)
          await rename(part, file)
        } catch (error) {
          if (!isCode(error, 'ENOENT')) throw error
          const sealed = await sizeOf(file)
          if (sealed === null) throw error
          if (sealed !== size) throw tooShort(sealed, size)
        }
        await folders.settle(dirname(file))
        return place
      })
    },
    async abandon(place, _handle, options) {
      options?.signal?.throwIfAborted()
      await erase(fileOf(place) + PART)
    },
    async size(place, options) {
      options?.signal?.throwIfAborted()
      return sizeOf(fileOf(place))
    },
    async read(place, range, options) {
      options?.signal?.throwIfAborted()
      const file = fileOf(place)
      const size = await sizeOf(file)
      if (size === null) return null
      const { offset, length } = range ?? { offset: 0, length: size }
      if (offset < 0 || length < 0 || offset + length > size)
        throw new RangeError('range outside the content')
      const stream = () => fileStream(file, offset, offset + length, options?.signal)
      return { size, stream: () => markFile(stream(), { path: file, offset, length }) }
    },
    async remove(places, options) {
      options?.signal?.throwIfAborted()
      for (const file of places.map(fileOf)) {
        options?.signal?.throwIfAborted()
        await erase(file)
      }
    },
  }
}

async function shorten(file: string, size: number, sync: boolean): Promise<void> {
  await truncate(file, size)
  if (!sync) return
  const handle = await open(file, 'r+')
  try {
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

function tooShort(actual: number, size: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `the content has ${actual} bytes, not ${size}`)
}
