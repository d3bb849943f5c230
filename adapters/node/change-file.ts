/**
 * Small files that several programs change.
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import {
  type FileHandle,
  mkdir,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
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
 * Folders that are not there are made. A link is followed, also where nothing is yet.
 *
 * @param change Gets the text, `null` if there is no file, and gives the new one; `null` leaves all as it is.
 * @throws {@link FileLockError}, and what `change` throws.
 */
export async function changeFile(
  path: string,
  change: (text: string | null) => string | null,
  { keepMode = false }: ChangeOptions = {},
): Promise<void> {
  const target = await targetOf(path)
  await mkdir(dirname(target), { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new FileLockError(`${path} cannot be written: ${error.message}`)
  })
  const lock = `${target}.lock`
  const own = randomUUID()
  const isOurs = async () => (await readFile(lock, 'utf8').catch(() => null)) === own
  for (let isDone = false; !isDone; ) {
    await takeLock(lock, own, path)
    try {
      const before = await stat(target).catch(() => null)
      const text = change(before && (await readFile(target, 'utf8')))
      isDone = text === null || (await replace(target, text, { before, keepMode, isOurs }))
    } finally {
      if (await isOurs()) await rm(lock, { force: true })
    }
  }
}

async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const to = isMissing ? await readlink(path).catch(() => null) : null
    return to === null ? path : targetOf(resolve(await realpath(dirname(path)), to))
  }
}

interface Replacing {
  /** The file as it was, if there was one. */
  readonly before: Stats | null
  readonly keepMode: boolean
  /** Whether nobody has taken the lock, for we were thought dead. */
  isOurs(): Promise<boolean>
}

/** @returns Whether it was done: if the lock was lost, all is as it was. */
async function replace(
  path: string,
  text: string,
  { before, keepMode, isOurs }: Replacing,
): Promise<boolean> {
  // In a folder of many a name that can be guessed could be a trap: another's file, or a link to one.
  const next = `${path}.${randomUUID()}.new`
  const file = await open(next, 'wx', 0o600)
  try {
    try {
      if (before && keepMode) await file.chmod(before.mode & 0o777)
      if (before) await giveTo(file, before)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    if (!(await isOurs())) return false
    await rename(next, path)
    return true
  } finally {
    // What was not put in its place may hold secrets.
    await rm(next, { force: true })
  }
}

/** Whoever has read the file must go on reading it. */
async function giveTo(file: FileHandle, { uid, gid }: Stats): Promise<void> {
  // Only root may give files away; where that is not needed, nothing is lost.
  await file.chown(uid, gid).catch(() => {})
}

/** Longer than any change takes, in milliseconds: its owner was killed. */
const STALE = 30_000
const PATIENCE = 10_000

async function takeLock(lock: string, own: string, path: string): Promise<void> {
  for (const end = Date.now() + PATIENCE; ; await sleep(20)) {
    try {
      await writeFile(lock, own, { flag: 'wx' })
      return
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST') {
        // On a full disk it was made, and could not be filled.
        await rm(lock, { force: true }).catch(() => {})
        throw new FileLockError(`${path} cannot be written: ${message}`)
      }
      const held = await stat(lock).catch(() => null)
      if (held && Date.now() - held.mtimeMs > STALE) await rm(lock, { force: true })
      else if (Date.now() > end)
        throw new FileLockError(`another program is changing ${path}: ${lock} is there`)
    }
  }
}
