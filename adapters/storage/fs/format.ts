/**
 * Whether a folder is ours, and of which format.
 * @module
 */

import { open, readdir, readFile, rename } from 'node:fs/promises'
import { ignore, StorageOpenError } from './errors.ts'
import { syncFolder } from './folders.ts'

const FILE = 'ocikit.json'
const FORMAT = 1
/** What may lie in a folder that is still to become ours: a disk's own, and the lock of who begins. */
const HARMLESS = ['lost+found', 'lock']

/** Whether the folder has our format; false if it is empty. @throws {@link StorageOpenError} if it is neither. */
export async function checkFormat(directory: string): Promise<boolean> {
  const text = await readFile(`${directory}/${FILE}`, 'utf8').catch(ignore('ENOENT'))
  if (text === undefined) {
    const foreign = (await readdir(directory)).find((name) => !HARMLESS.includes(name))
    if (foreign === undefined) return false
    throw new StorageOpenError(
      `${directory} is not empty and not a registry (it has ${JSON.stringify(foreign)}): use an empty folder`,
    )
  }
  const format = formatOf(text)
  if (format === FORMAT) return true
  throw new StorageOpenError(
    `${directory} has the format ${format}, this version knows ${FORMAT}: use the version that wrote it`,
  )
}

/** Makes the folder ours. The caller holds the lock. */
export async function writeFormat(directory: string): Promise<void> {
  // In the lock folder a crash leaves nothing that would look foreign.
  const temp = `${directory}/lock/format`
  const handle = await open(temp, 'w')
  try {
    await handle.writeFile(`${JSON.stringify({ format: FORMAT })}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temp, `${directory}/${FILE}`)
  await syncFolder(directory)
}

function formatOf(text: string): string | number {
  try {
    const { format } = JSON.parse(text) as { format?: unknown }
    return typeof format === 'number' ? format : 'unknown'
  } catch {
    return 'unknown'
  }
}
