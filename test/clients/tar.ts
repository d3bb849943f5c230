/**
 * Writes tar archives: regular files only, all of them owned by root and as old as Unix.
 * @module
 */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const block = 512

/** An archive of files. */
export function tar(files: { readonly [name: string]: string | Buffer }): Buffer {
  const parts = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content)
    return [tarHeader(name, bytes.length), bytes, tarPadding(bytes.length)]
  })
  return Buffer.concat([...parts, tarEnd])
}

/** An archive of all files below a folder. */
export async function tarFolder(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files: { [name: string]: Buffer } = {}
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files[path.slice(folder.length + 1)] = await readFile(path)
  }
  return tar(files)
}

/** The block before the content of a file. */
export function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(block)
  header.write(name, 0, 100)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\0', 257)
  header.write('00', 263)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** What follows the content of a file. */
export const tarPadding = (size: number) => Buffer.alloc((block - (size % block)) % block)

/** What ends an archive. */
export const tarEnd = Buffer.alloc(2 * block)
