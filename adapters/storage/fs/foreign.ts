/**
 * Files that are not ours, among those that are.
 * @module
 */

import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { ignore } from './errors.ts'
import { bytesOfName, FILE_MARK, MORE_MARK, textOf } from './key-path.ts'
import { meaningOf, OTHERS } from './places.ts'

/** What lies at the top of a folder of ours, and of a disk. */
const OURS = ['records', 'content', 'tmp', 'lock', 'ocikit.json', 'lost+found']

/** The bytes that a name stands for, and whether its folder holds the rest of them; `null` if it is not ours. */
type Reader = (entry: Dirent) => { readonly bytes: string; readonly more: boolean } | null

/** The paths, relative to `root`, of files and folders below it that are neither records nor contents. */
export async function* foreignFiles(root: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  for (const { name } of await entriesOf(root)) if (!OURS.includes(name)) yield name
  const below = root.length + 1
  for await (const path of foreignIn(`${root}/records`, '', readRecord, signal)) yield path.slice(below)
  for await (const path of foreignIn(`${root}/content`, '', readContent, signal)) {
    if (path !== `${root}/content/${OTHERS}`) yield path.slice(below)
  }
  for await (const path of foreignIn(`${root}/content/${OTHERS}`, '', readContent, signal))
    yield path.slice(below)
}

async function* foreignIn(
  folder: string,
  begun: string,
  read: Reader,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  for (const entry of await entriesOf(folder)) {
    signal?.throwIfAborted()
    const path = `${folder}/${entry.name}`
    const found = read(entry)
    const bytes = found && begun + found.bytes
    if (bytes === null || (!found!.more && textOf(bytes) === null)) yield path
    else if (entry.isDirectory()) yield* foreignIn(path, found!.more ? bytes : '', read, signal)
  }
}

function readRecord(entry: Dirent): ReturnType<Reader> {
  const mark = entry.isDirectory() ? MORE_MARK : FILE_MARK
  const marked = entry.name.endsWith(mark)
  if (!entry.isDirectory() && !(marked && entry.isFile())) return null
  const bytes = bytesOfName(marked ? entry.name.slice(0, -1) : entry.name)
  return bytes === null ? null : { bytes, more: marked && mark === MORE_MARK }
}

function readContent(entry: Dirent): ReturnType<Reader> {
  const { bytes, kind } = meaningOf(entry)
  return bytes === null ? null : { bytes, more: kind === 'more' }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return (await readdir(folder, { withFileTypes: true }).catch(ignore('ENOENT', 'ENOTDIR'))) ?? []
}
