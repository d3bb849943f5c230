/**
 * Records as files: one file for each key, replaced as a whole. Names are given at once, for the reason in
 * `open-file.ts`.
 * @module
 */

import { createHash, randomUUID } from 'node:crypto'
import { existsSync, linkSync, renameSync, unlinkSync } from 'node:fs'
import { open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { madeOnce, oneByOne } from '../../../src/batches.ts'
import type { Entry, Rec, Records } from '../../../src/storage/contract.ts'
import { checkKey } from '../../../src/storage/key.ts'
import { ignore, isCode, writing } from './errors.ts'
import { Folders } from './folders.ts'
import { fileOfKey } from './key-path.ts'
import { Listing } from './listing.ts'
import { mutex } from './mutex.ts'
import { openFile } from './open-file.ts'
import { recordCache } from './record-cache.ts'

/** How many files a listing or a `drop` works on at a time. */
const AT_ONCE = 16

type ListOptions = NonNullable<Parameters<Records['list']>[1]>

/**
 * Records below `root`, with unfinished files in `temp`, both on one disk. One process owns the folder: a
 * mutex for each key makes a condition and what follows from it one step.
 * @param packedFrom Files in a folder from which on their names are remembered packed (30,000).
 */
export function fileRecords(
  root: string,
  temp: string,
  maxKey: number,
  sync: boolean,
  packedFrom?: number,
): Records {
  const listing = new Listing(root, packedFrom)
  const folders = new Folders(root, sync, (folder) => listing.changed(folder))
  const alone = mutex()
  const cache = recordCache()
  const fileOf = (key: string): string => {
    checkKey(key, maxKey)
    return `${root}/${fileOfKey(key)}`
  }

  /** A file has come or gone. */
  const forget = (file: string): void => {
    cache.forget(file)
    listing.changed(file)
  }

  /** Writes a file that nobody sees, hands it to `publish`, and removes what is left of it. */
  const withTemp = async <T>(
    value: Uint8Array,
    durable: boolean,
    publish: (path: string) => Promise<T>,
  ): Promise<T> => {
    const path = join(temp, randomUUID())
    try {
      const file = openFile(path, 'wx')
      try {
        file.fill(value)
        if (durable && sync) await file.sync()
      } finally {
        file.close()
      }
      return await publish(path)
    } finally {
      if (existsSync(path)) unlinkSync(path)
    }
  }

  /** Also for who looked in vain and has not been told yet. */
  const publishNew = async (path: string, file: string): Promise<boolean> => {
    const isNew = linkNew(path, file)
    if (isNew) forget(file)
    return isNew
  }

  const erase = (file: string): Promise<void> => unlink(file).finally(() => forget(file))

  const entriesIn = async function* (
    prefix: string,
    { after = '', limit = Number.POSITIVE_INFINITY, values = false, signal }: ListOptions,
  ): AsyncGenerator<readonly Entry[], void, void> {
    if (limit <= 0) return
    let left = limit
    for await (const keys of listing.keys({ prefix, after, signal })) {
      for (let at = 0; at < keys.length && left > 0; ) {
        const end = at + Math.min(values ? AT_ONCE : keys.length, left)
        const some = at === 0 && end >= keys.length ? keys : keys.slice(at, end)
        at += some.length
        const entries = values ? await withRecords(some, fileOf) : entriesOf(some)
        left -= entries.length
        if (entries.length > 0) yield entries
        signal?.throwIfAborted()
      }
      if (left === 0) return
    }
  }

  return {
    async get(key, options) {
      options?.signal?.throwIfAborted()
      return cache.get(fileOf(key), readRecord)
    },
    async create(key, value, options = {}) {
      options.signal?.throwIfAborted()
      const file = fileOf(key)
      const durable = options.volatile !== true
      return writing(() =>
        withTemp(value, durable, async (path) => {
          const done = await folders.into(dirname(file), () => alone(file, () => publishNew(path, file)))
          if (!done) return null
          if (durable) await folders.settle(dirname(file))
          return versionOf(value)
        }),
      )
    },
    async put(key, value, options = {}) {
      options.signal?.throwIfAborted()
      const file = fileOf(key)
      const wanted = options.version
      return writing(() =>
        withTemp(value, true, async (path) => {
          const replace = async (): Promise<boolean> => {
            if (wanted !== undefined && (await readRecord(file))?.version !== wanted) return false
            const isNew = !existsSync(file)
            renameSync(path, file)
            if (isNew) forget(file)
            else cache.forget(file)
            return true
          }
          if (!(await folders.into(dirname(file), () => alone(file, replace)))) return null
          await folders.settle(dirname(file))
          return versionOf(value)
        }),
      )
    },
    async remove(key, version, options) {
      options?.signal?.throwIfAborted()
      const file = fileOf(key)
      const removed = await alone(file, async () => {
        if ((await readRecord(file))?.version !== version) return false
        await erase(file)
        return true
      })
      if (removed) await folders.prune(dirname(file))
      return removed
    },
    async drop(keys, options) {
      options?.signal?.throwIfAborted()
      const files = keys.map(fileOf)
      for (let i = 0; i < files.length; i += AT_ONCE) {
        options?.signal?.throwIfAborted()
        const batch = files.slice(i, i + AT_ONCE)
        await Promise.all(batch.map((file) => alone(file, () => erase(file)).catch(ignore('ENOENT'))))
      }
      for (const folder of new Set(files.map(dirname))) await folders.prune(folder)
    },
    list: (prefix, options = {}) => oneByOne(entriesIn(prefix, options), options.signal),
  }
}

const entriesOf = madeOnce((keys: readonly string[]): readonly Entry[] => keys.map((key) => ({ key })))

/** Keys with their records, without those that are gone by now. */
async function withRecords(keys: readonly string[], fileOf: (key: string) => string): Promise<Entry[]> {
  const recs = await Promise.all(keys.map((key) => readRecord(fileOf(key))))
  return recs.flatMap((rec, i) => (rec === null ? [] : [{ key: keys[i]!, rec }]))
}

/** Gives a file its name if nobody has it; false if somebody does. */
function linkNew(path: string, file: string): boolean {
  try {
    linkSync(path, file)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    if (!isCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error
  }
  // A disk without hard links. The caller holds the key's mutex, and no other process writes here.
  if (existsSync(file)) return false
  renameSync(path, file)
  return true
}

async function readRecord(file: string): Promise<Rec | null> {
  const handle = await open(file, 'r').catch(ignore('ENOENT', 'ENOTDIR'))
  if (handle === undefined) return null
  try {
    const { size, mtimeMs } = await handle.stat()
    const value = new Uint8Array(size)
    for (let at = 0; at < size; ) {
      const { bytesRead } = await handle.read(value, at, size - at, at)
      if (bytesRead === 0) throw new Error(`the record ${file} was truncated`)
      at += bytesRead
    }
    let version: string | undefined
    return {
      value,
      modified: Math.floor(mtimeMs),
      // Hashed on demand: most readers of a manifest never ask.
      get version(): string {
        version ??= versionOf(value)
        return version
      },
    }
  } finally {
    await handle.close()
  }
}

function versionOf(value: Uint8Array): string {
  return createHash('sha256').update(value).digest('base64url')
}
