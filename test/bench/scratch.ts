/**
 * Temporary folders and processes: gone at the end, whichever way it comes.
 * @module
 */

import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const undo = new Set<() => void>()

/** Registers what undoes something; call the result once it is undone in an orderly way. */
export function atEnd(work: () => void): () => void {
  undo.add(work)
  return () => void undo.delete(work)
}

/** Undoes everything that is left, newest first. */
function cleanUp(): void {
  for (const work of [...undo].reverse()) {
    undo.delete(work)
    try {
      work()
    } catch {
      // The next one still has to go.
    }
  }
}

process.once('exit', cleanUp)
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(code))
}

/** A temporary folder. */
export interface Folder extends Disposable {
  readonly path: string
}

/** Makes a temporary folder that is removed once it is done with, on the disk of `TMPDIR` unless told otherwise. */
export function temporaryFolder(where: string = tmpdir()): Folder {
  const path = mkdtempSync(join(where, 'ocikit-bench-'))
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 5 })
  const removed = atEnd(remove)
  return {
    path,
    [Symbol.dispose]() {
      remove()
      removed()
    },
  }
}

/** Files of this size or more are emptied with their folder. */
const BIG = 64 * 1024

/**
 * Makes a temporary folder for the data of a server. Once it is done with, only its big files are emptied, and it
 * is removed at the end of this process: for a minute after thousands of files were deleted ext4 is slow to make
 * new ones, which the next server would pay for.
 */
export function dataFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'ocikit-bench-'))
  atEnd(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }))
  return { path, [Symbol.dispose]: () => emptyBigFiles(path) }
}

function emptyBigFiles(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (entry.isFile() && statSync(file).size >= BIG) truncateSync(file)
  }
}

/** Kills a process if it is still there at the end. What has processes of its own needs a gentler signal. */
export function killAtEnd(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  const ended = atEnd(() => child.kill(signal))
  child.once('exit', ended)
}

/** Where files are read from at no cost: memory if the machine has such a disk. */
export async function fastPlace(): Promise<string> {
  try {
    await access('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}
