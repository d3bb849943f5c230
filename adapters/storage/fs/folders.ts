/**
 * Folders that last: what was renamed or linked into one survives a power cut only once the folder itself was
 * synced, and so on for each new parent.
 * @module
 */

import { existsSync, mkdirSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ignore, isCode } from './errors.ts'
import { type OpenFile, openFile } from './open-file.ts'

/** How many folders are remembered as durable. */
const REMEMBERED = 8192
/** How often an emptied folder may be taken from under a writer before that is an error. */
const ATTEMPTS = 16

/** The folders below `root`, which exists. One instance for each root, so that it knows what was synced. */
export class Folders {
  readonly #root: string
  readonly #sync: boolean
  readonly #changed: (folder: string) => void
  /** Folders whose entry in their parent is durable, also of all parents. */
  readonly #durable = new Set<string>()
  /** Marks of syncs of entries that are under way; taken away when the folder is made anew meanwhile. */
  readonly #pending = new Map<string, symbol>()
  readonly #running = new Map<string, { now: Promise<void>; next?: Promise<void> }>()

  /**
   * @param sync False leaves syncing to the operating system.
   * @param changed Hears of every folder that was made or removed.
   */
  constructor(root: string, sync: boolean, changed: (folder: string) => void = () => {}) {
    this.#root = root
    this.#sync = sync
    this.#changed = changed
  }

  /** Runs `work`, which puts something into `folder`, and makes the folder if that is what it lacks. */
  async into<T>(folder: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      // To look costs a fraction of failing.
      if (!existsSync(folder)) this.#make(folder)
      try {
        return await work()
      } catch (error) {
        if (!isCode(error, 'ENOENT') || attempt === ATTEMPTS) throw error
      }
    }
  }

  /** Makes durable what is in `folder` now, and the folder itself. */
  async settle(folder: string): Promise<void> {
    if (!this.#sync) return
    const fresh: string[] = []
    for (let path = folder; path !== this.#root && !this.#durable.has(path); path = dirname(path))
      fresh.push(path)
    const mark = Symbol()
    for (const path of fresh) this.#pending.set(path, mark)
    await Promise.all([this.#syncOnce(folder), ...fresh.map((path) => this.#syncOnce(dirname(path)))])
    for (const path of fresh) {
      if (this.#pending.get(path) !== mark) continue
      this.#pending.delete(path)
      if (this.#durable.size >= REMEMBERED) this.#durable.clear()
      this.#durable.add(path)
    }
  }

  /** Removes `folder` and its parents as far as they are empty, and makes durable what is gone. */
  async prune(folder: string): Promise<void> {
    let path = folder
    for (; path !== this.#root; path = dirname(path)) {
      try {
        await rmdir(path)
        this.#changed(path)
      } catch (error) {
        if (isCode(error, 'ENOTEMPTY', 'EEXIST')) break
        ignore('ENOENT')(error)
      }
    }
    if (this.#sync) await this.#syncOnce(path)
  }

  #make(folder: string): void {
    for (let attempt = 1; ; attempt++) {
      // Whoever may make a folder anew first forgets that it was durable. So a writer that finds it remembered
      // *after* its own rename knows that nobody has replaced the folder by one that is not synced yet.
      this.#durable.delete(folder)
      this.#pending.delete(folder)
      try {
        mkdirSync(folder)
        this.#changed(folder)
        return
      } catch (error) {
        if (isCode(error, 'EEXIST')) return
        if (!isCode(error, 'ENOENT') || attempt === ATTEMPTS || folder === this.#root) throw error
        this.#make(dirname(folder))
      }
    }
  }

  /** Syncs a folder. A sync that has not begun yet serves all who wait for it: it will see their entries. */
  #syncOnce(folder: string): Promise<void> {
    const running = this.#running.get(folder)
    if (running === undefined) return this.#start(folder)
    running.next ??= running.now.then(
      () => this.#start(folder),
      () => this.#start(folder),
    )
    return running.next
  }

  #start(folder: string): Promise<void> {
    const now = syncFolder(folder)
    const entry: { now: Promise<void>; next?: Promise<void> } = { now }
    this.#running.set(folder, entry)
    const end = (): void => {
      if (entry.next === undefined) this.#running.delete(folder)
    }
    now.then(end, end)
    return now
  }
}

/** Syncs the entries of a folder. One that is gone has none. */
export async function syncFolder(path: string): Promise<void> {
  let folder: OpenFile | undefined
  try {
    folder = openFile(path, 'r')
    await folder.sync()
  } catch (error) {
    // Some file systems cannot sync folders, because they have nothing to sync.
    ignore('ENOENT', 'EINVAL', 'ENOTSUP')(error)
  } finally {
    folder?.close()
  }
}
