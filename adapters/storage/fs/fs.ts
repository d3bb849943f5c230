/**
 * Opens a folder as a storage.
 * @module
 */

import { mkdir, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import process from 'node:process'
import type { Storage } from '../../../src/storage/index.ts'
import { fileContents } from './contents.ts'
import { codeOf, ignore, isCode, StorageOpenError } from './errors.ts'
import { aboveFloor, floorOf } from './floor.ts'
import { syncFolder } from './folders.ts'
import { foreignFiles } from './foreign.ts'
import { checkFormat, writeFormat } from './format.ts'
import { lock } from './lock.ts'
import { fileRecords } from './records.ts'

/** How a folder is used. */
export interface FsOptions {
  /**
   * False leaves it to the operating system when data reaches the disk: fast, and a power cut may lose what was
   * acknowledged. For tests. Default: true.
   */
  sync?: boolean
  /**
   * Blobs are refused with 507 while less of the disk is free: a number of bytes, or a part as in `5%`. What is
   * deleted, collected and tagged still works then. Default: none, until the disk is full.
   */
  minFree?: number | `${number}%`
}

const MAX_KEY = 1024

/**
 * A storage in a folder of the local disk, which one process owns at a time. What it has acknowledged survives a
 * power cut.
 *
 * @param directory Is made if it does not exist.
 * @throws {@link StorageOpenError} when the folder is in use, not writable, not ours, or of an unknown format.
 *
 * @example
 * ```ts
 * import { fs } from 'ocikit/storage/fs'
 *
 * const storage = await fs('./data')
 * await storage.close?.()
 * ```
 */
export async function fs(directory: string, options: FsOptions = {}): Promise<Storage> {
  const root = resolve(directory)
  const sync = options.sync ?? true
  if (process.platform === 'win32') {
    throw new StorageOpenError('the file system storage does not support Windows: use WSL or a container')
  }
  const floor = options.minFree === undefined ? undefined : floorOf(root, options.minFree)
  const release = await opening(root, async () => {
    await makeRoot(root)
    await checkFormat(root)
    return lock(root)
  })
  try {
    await opening(root, () => prepare(root))
  } catch (error) {
    await release()
    throw error
  }
  let closed: Promise<void> | undefined
  const contents = fileContents(`${root}/content`, MAX_KEY, sync)
  return {
    records: fileRecords(`${root}/records`, `${root}/tmp`, MAX_KEY, sync),
    contents: floor ? aboveFloor(contents, floor) : contents,
    // No skew: the kernel that stamps the files has the clock that the one owner reads.
    traits: { consistency: 'strong', maxKey: MAX_KEY, remove: 'exact', skew: 0 },
    foreign: (options) => foreignFiles(root, options?.signal),
    close() {
      closed ??= release()
      return closed
    },
  }
}

async function prepare(root: string): Promise<void> {
  // Again, now that nobody else can change it.
  if (!(await checkFormat(root))) await writeFormat(root)
  await rm(`${root}/tmp`, { recursive: true, force: true })
  for (const name of ['records', 'content', 'tmp']) await mkdir(`${root}/${name}`).catch(ignore('EEXIST'))
  await syncFolder(root)
}

/** Not `recursive`: Node then tries for ever where a parent exists but takes no folders, as below `/proc`. */
async function makeRoot(path: string): Promise<void> {
  const parent = dirname(path)
  try {
    await mkdir(path)
  } catch (error) {
    if (isCode(error, 'EEXIST', 'EISDIR')) return
    if (!isCode(error, 'ENOENT') || parent === path) throw error
    await makeRoot(parent)
    await mkdir(path).catch(ignore('EEXIST'))
  }
  await syncFolder(parent)
}

/** Says what a system error means to somebody who wants to open the folder. */
async function opening<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = codeOf(error)
    if (error instanceof StorageOpenError || code === undefined) throw error
    throw new StorageOpenError(`${root} ${adviceFor(code)}`, { cause: error })
  }
}

function adviceFor(code: string): string {
  if (code === 'EACCES' || code === 'EPERM')
    return `is not writable (${code}): give this user the right to write`
  if (code === 'EROFS') return 'is on a read-only disk: mount it writable'
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'is not a folder: give the path of a folder'
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'is on a full disk: make space'
  return `cannot be opened (${code}): check the path and the disk`
}
