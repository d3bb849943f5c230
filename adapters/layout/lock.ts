/**
 * One writer at a time, also of other processes: by a file that only one can make.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, stat, unlink, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RegistryError } from '../../src/oci/index.ts'
import { isCode, orNone } from './errors.ts'

/** Whoever holds it says so now and then: after this long without, the holder was killed. */
const STALE = 10_000
/** How often that is said, in milliseconds. */
const BEAT = 2_000
/** How long to wait for others, in milliseconds. */
const PATIENCE = 30_000

/** Does work while the file `path` is ours. @throws RegistryError `UNAVAILABLE` if others keep it for too long. */
export async function whileLocked<T>(path: string, work: () => Promise<T>): Promise<T> {
  const until = Date.now() + PATIENCE
  while (!(await take(path))) {
    await removeStale(path)
    if (Date.now() > until)
      throw new RegistryError('UNAVAILABLE', `another process keeps writing: ${path} is never free`)
    await sleep(5 + Math.random() * 20)
  }
  const beat = setInterval(() => {
    const now = new Date()
    // Who is too late for it has lost it, and nothing else is to be done.
    utimes(path, now, now).catch(() => {})
  }, BEAT)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    await orNone(unlink(path))
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close()
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    // Another process has tidied the folder away.
    if (isCode(error, 'ENOENT')) {
      await mkdir(dirname(path), { recursive: true })
      return false
    }
    throw error
  }
}

/** Taken aside first, so that of two only one has it; and back if it is a new one by then. */
async function removeStale(path: string): Promise<void> {
  const found = await orNone(stat(path))
  if (!found || Date.now() - found.mtimeMs < STALE) return
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  if ((await orNone(rename(path, aside).then(() => true))) === null) return
  const taken = await orNone(stat(aside))
  if (taken && taken.ino !== found.ino) await link(aside, path).catch(() => {})
  await orNone(unlink(aside))
}
