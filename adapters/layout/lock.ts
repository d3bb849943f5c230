/**
 * One writer at a time, also of other processes: by a file that only one can make.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rename, stat, unlink, utimes } from 'node:fs/promises'
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

/** A lock that is held. */
export interface Lock {
  /**
   * Makes sure that it is still ours, right before what others must not see twice. A process that was suspended loses it.
   * @throws what makes {@link whileLocked} do the work again.
   */
  check(): Promise<void>
}

/** Another process took it: we were taken for dead. */
class LostLock extends Error {}

/**
 * Does work while the file `path` is ours. If others took it meanwhile, the work is done again from its beginning.
 * @throws RegistryError `UNAVAILABLE` if others keep it for too long.
 */
export async function whileLocked<T>(path: string, work: (lock: Lock) => Promise<T>): Promise<T> {
  const until = Date.now() + PATIENCE
  for (;;) {
    const own = await take(path, until)
    try {
      return await whileHeld(path, own, work)
    } catch (error) {
      if (!(error instanceof LostLock)) throw error
    }
  }
}

/** Waits for its turn. @returns what stands in the file, which nobody else writes. */
async function take(path: string, until: number): Promise<string> {
  const own = randomBytes(12).toString('hex')
  while (!(await create(path, own))) {
    await removeStale(path)
    if (Date.now() > until)
      throw new RegistryError('UNAVAILABLE', 'another process keeps writing here: .ocikit/lock is never free')
    await sleep(5 + Math.random() * 20)
  }
  return own
}

async function whileHeld<T>(path: string, own: string, work: (lock: Lock) => Promise<T>): Promise<T> {
  const isOurs = async (): Promise<boolean> => (await orNone(readFile(path, 'utf8'))) === own
  const beat = setInterval(() => {
    const now = new Date()
    // Of another it says what is true as well: somebody is at it.
    utimes(path, now, now).catch(() => {})
  }, BEAT)
  try {
    return await work({
      async check() {
        if (!(await isOurs())) throw new LostLock('another process took the lock')
      },
    })
  } finally {
    clearInterval(beat)
    if (await isOurs()) await orNone(unlink(path))
  }
}

async function create(path: string, own: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    try {
      await file.writeFile(own)
    } finally {
      await file.close()
    }
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
  if (!(await isStale(path))) return
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  if ((await orNone(rename(path, aside).then(() => true))) === null) return
  if (!(await isStale(aside))) await link(aside, path).catch(() => {})
  await orNone(unlink(aside))
}

async function isStale(path: string): Promise<boolean> {
  const found = await orNone(stat(path))
  return found !== null && Date.now() - found.mtimeMs >= STALE
}
