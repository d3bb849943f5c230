/**
 * A folder that was unpacked, put in its place.
 * @module
 */

import { lstat, mkdir, readlink, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOfFile, orNone } from './file-bytes.ts'
import { inPlace, makeWay, taken } from './in-place.ts'
import type { Unpacked } from './unpack.ts'

/**
 * Puts a folder below `root`: all at once where there is none of its name, else file by file into that one. Files that are
 * not in it stay. What was unpacked is removed.
 * @throws RegistryError if without `overwrite` something would be lost: before anything is changed.
 */
export async function putFolder(
  root: string,
  title: string,
  { path, folders, files }: Unpacked,
  overwrite: boolean,
): Promise<void> {
  try {
    if (title !== '.' && !(await inPlace(root, title))) {
      await rename(join(path, title), await makeWay(root, title))
      return
    }
    const left: string[] = []
    for (const name of files) {
      const found = await inPlace(root, name)
      if (found && (await isSame(join(path, name), join(root, name)))) continue
      if (found && (!overwrite || found.isDirectory())) throw taken(name)
      left.push(name)
    }
    for (const name of folders) {
      const found = await inPlace(root, name)
      if (found && !found.isDirectory()) throw taken(name)
    }
    for (const name of folders) await mkdir(await makeWay(root, name), { recursive: true })
    for (const name of left) await rename(join(path, name), await makeWay(root, name))
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [mine, found] = [await lstat(one), await orNone(lstat(other))]
  if (mine.isSymbolicLink() && found?.isSymbolicLink())
    return (await readlink(one)) === (await readlink(other))
  if (!mine.isFile() || !found?.isFile() || mine.size !== found.size) return false
  return (await digestOfFile(one)) === (await digestOfFile(other))
}
