/**
 * Contents as files: one file for each place.
 *
 * A place belongs to one attempt, and only a link makes it known. So `write` fills the final file directly, and
 * a crash leaves a file that nobody names; renaming it would only cost. What is made of pieces may lie about
 * for hours, and carries another name until it is sealed.
 * @module
 */

import { constants } from 'node:fs'
import { copyFile, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { markFile, type Release, releaseOf } from '../../../src/body.ts'
import { RegistryError } from '../../../src/oci/index.ts'
import type { Body } from '../../../src/registry.ts'
import type { Contents } from '../../../src/storage/contract.ts'
import { intake, withBody } from '../../../src/storage/intake.ts'
import { checkKey } from '../../../src/storage/key.ts'
import { readSpan } from '../../files/read-span.ts'
import { ignore, isCode, writing } from './errors.ts'
import { Folders } from './folders.ts'
import { pathOf } from './key-path.ts'
import { type OpenFile, openFile } from './open-file.ts'
import { listPlaces, OTHERS, PART } from './places.ts'
import { pour } from './pour.ts'

/** Shares the blocks where the disk can, and never overwrites. */
const CLONE_NEW = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL
const INFINITY = Number.POSITIVE_INFINITY
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
    const rest = place.startsWith('content/') ? pathOf(place.slice(8)) : `${OTHERS}/${pathOf(place)}`
    return `${root}/${rest}`
  }
  const sizeOf = async (file: string): Promise<number | null> => {
    if (unfinished.has(file)) return null
    const found = await stat(file).catch(ignore('ENOENT', 'ENOTDIR'))
    return found?.isFile() ? found.size : null
  }
  const flush = async (file: OpenFile): Promise<void> => {
    if (sync) await file.datasync()
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
  const fill = async (file: OpenFile, path: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work().finally(() => file.close())
    } catch (error) {
      await erase(path)
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
            const handle = await folders.into(dirname(file), async () => openFile(file, 'wx'))
            await fill(handle, file, async () => {
              await pour(handle, intake(body, { size, signal }), {
                position: 0,
                sync,
                release: releaseIn(body),
              })
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
      const handle = await writing(() => folders.into(dirname(part), async () => openFile(part, 'wx')))
      handle.close()
      return HANDLE
    },
    piece(place, _handle, at, body, options) {
      const signal = options?.signal
      return withBody(body, () =>
        writing(async () => {
          signal?.throwIfAborted()
          const part = fileOf(place) + PART
          const handle = openFile(part, 'r+')
          const writers = busy.get(part) ?? { now: 0, since: 0 }
          busy.set(part, writers)
          writers.now++
          writers.since++
          try {
            if (handle.size() < at.offset) throw new RangeError(`piece ${at.no} leaves a hole`)
            const from = { position: at.offset, sync, release: releaseIn(body) }
            const size = await pour(handle, intake(body, { size: at.size, signal }), from).catch(
              async (error: unknown) => {
                // What came counts for nothing: on a full disk it would keep everybody from writing.
                if (writers.since === 1) await handle.truncate(at.offset).catch(() => {})
                throw error
              },
            )
            if (handle.size() > at.offset + size) await handle.truncate(at.offset + size)
            // The name is as old as the first piece, and was made durable with it.
            const name = at.offset === 0 ? folders.settle(dirname(part)) : undefined
            await Promise.all([flush(handle), name])
            return { receipt: '', size }
          } finally {
            if (--writers.now === 0) busy.delete(part)
            handle.close()
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
        const handle = openFile(copy, 'r+')
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
      const stream = () => readSpan(file, { offset, length }, options)
      return { size, stream: () => markFile(stream(), { path: file, offset, length }) }
    },
    async remove(places, options) {
      options?.signal?.throwIfAborted()
      for (const file of places.map(fileOf)) {
        options?.signal?.throwIfAborted()
        await erase(file)
      }
    },
    async *list(prefix, { after = '', signal } = {}) {
      for await (const { path, ...found } of listPlaces(root, { prefix, after, signal })) {
        yield unfinished.has(path) ? { ...found, partial: true } : found
      }
    },
  }
}

function releaseIn(body: Body): Release | undefined {
  return body instanceof Uint8Array ? undefined : releaseOf(body)
}

async function shorten(path: string, size: number, sync: boolean): Promise<void> {
  const file = openFile(path, 'r+')
  try {
    await file.truncate(size)
    if (sync) await file.datasync()
  } finally {
    file.close()
  }
}

function tooShort(actual: number, size: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `the content has ${actual} bytes, not ${size}`)
}
