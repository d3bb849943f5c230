/**
 * Small files that several programs change.
 * @module
 */

import type { Stats } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The file cannot be changed now: another program is at it, or there is no right to write. */
export class FileLockError extends Error {}

/** How a file is changed. */
export interface ChangeOptions {
  /** Whether a file that is there keeps its mode. Otherwise, and if it is new, only its owner may read it. */
  readonly keepMode?: boolean
}

/**
 * Changes a file, one caller at a time, also of other processes; whoever reads it finds the old or the new, whole.
 * Folders that are not there are made. A link is followed.
 *
 * @param change Gets the text, `null` if there is no file, and gives the new one; `null` leaves all as it is.
 * @throws {@link FileLockError}, and what `change` throws.
 */
export async function changeFile(
  path: string,
  change: (text: string | null) => string | null,
  { keepMode = false }: ChangeOptions = {},
): Promise<void> {
  const target = await realpath(path).catch(() => path)
  await mkdir(dirname(target), { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new FileLockError(`${path} cannot be written: ${error.message}`)
  })
  const lock = `${target}.lock`
  await takeLock(lock, path)
  try {
    const before = await stat(target).catch(() => null)
    const text = change(before && (await readFile(target, 'utf8')))
    if (text !== null) await replace(target, text, before, keepMode)
  } finally {
    await rm(lock, { force: true })
  }
}

async function replace(path: string, text: string, before: Stats | null, keepMode: boolean): Promise<void> {
  const next = `${path}.new`
  const file = await open(next, 'w', 0o600)
  try {
    // One may have been left by who was killed, with another mode.
    await file.chmod(before && keepMode ? before.mode & 0o777 : 0o600)
    if (before) await giveTo(file, before)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
}

/** Whoever has read the file must go on reading it. */
async function giveTo(file: FileHandle, { uid, gid }: Stats): Promise<void> {
  // Only root may give files away; where that is not needed, nothing is lost.
  await file.chown(uid, gid).catch(() => {})
}

/** Longer than any change takes, in milliseconds: its owner was killed. */
const STALE = 30_000
const PATIENCE = 10_000

async function takeLock(lock: string, path: string): Promise<void> {
  for (const end = Date.now() + PATIENCE; ; await sleep(20)) {
    try {
      await (await open(lock, 'wx')).close()
      return
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST') throw new FileLockError(`${path} cannot be written: ${message}`)
      const held = await stat(lock).catch(() => null)
      if (held && Date.now() - held.mtimeMs > STALE) await rm(lock, { force: true })
      else if (Date.now() > end)
        throw new FileLockError(`another program is changing ${path}: ${lock} is there`)
    }
  }
}
