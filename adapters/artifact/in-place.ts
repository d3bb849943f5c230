/**
 * What has the place of a file, and the way there: without going through links.
 * @module
 */

import type { Stats } from 'node:fs'
import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RegistryError } from '../../src/oci/index.ts'
import { orNone } from './file-bytes.ts'

/** What is at a path below `root`; `null` if there is nothing. @throws RegistryError if something is in the way. */
export async function inPlace(root: string, path: string): Promise<Stats | null> {
  const parts = path.split('/')
  for (let no = 1; no < parts.length; no++) {
    const found = await orNone(lstat(join(root, ...parts.slice(0, no))))
    if (!found) return null
    checkFolder(found, parts.slice(0, no).join('/'))
  }
  return orNone(lstat(join(root, path)))
}

/** Makes the folders on the way to a path. @returns the whole path. @throws RegistryError if something is in the way. */
export async function makeWay(root: string, path: string): Promise<string> {
  const parts = path.split('/')
  for (let no = 1; no < parts.length; no++) {
    const folder = join(root, ...parts.slice(0, no))
    const found = await orNone(lstat(folder))
    if (found) checkFolder(found, parts.slice(0, no).join('/'))
    else await mkdir(folder, { recursive: true })
  }
  return join(root, path)
}

function checkFolder(found: Stats, path: string): void {
  if (found.isDirectory()) return
  const what = found.isSymbolicLink() ? 'a link, which may lead elsewhere' : 'no folder'
  throw new RegistryError('DENIED', `${JSON.stringify(path)} is ${what}: nothing is put below it`)
}

/** What is said of a file that would be lost. */
export function taken(path: string): RegistryError {
  const message = `there is another ${JSON.stringify(path)} already, and nothing is replaced`
  return new RegistryError('FILE_EXISTS', message, { status: 409, detail: { path } })
}
