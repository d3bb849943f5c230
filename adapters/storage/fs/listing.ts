/**
 * Keys in order, from the folders or from what is remembered of them.
 * @module
 */

import { basename, dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { checkText, compareKeys } from '../../../src/storage/key.ts'
import { type Folder, type Items, isFolder, PACKED_FROM, readItems, segmentOf } from './folder-items.ts'
import { folderOfKeys, MORE_MARK } from './key-path.ts'
import { ReadCache } from './read-cache.ts'

/** Which keys are wanted. */
interface Bounds {
  readonly prefix: string
  readonly after: string
  readonly signal: AbortSignal | undefined
}

/** Bytes of remembered items. A folder of a million keys fits whose names have 20 characters. */
const MAX_BYTES = 24 * 1024 * 1024
/** Most keys that are given at a time. */
const BATCH = 512
/** Files that may come and go in a folder before it is read again. */
const MAX_CHANGES = 4096

/** What is remembered of a folder, and the names of files that have come or gone since. */
interface Remembered {
  readonly items: Items
  readonly changes: Set<string>
}

/** A folder that is being read, and what has come or gone in it meanwhile. */
interface Reading {
  readonly path: string
  readonly changes: Set<string>
  /** Other things have changed, too. */
  isLost: boolean
}

/** The keys below a folder. One instance for each, which is told of everything that comes and goes there. */
export class Listing {
  readonly #root: string
  readonly #packedFrom: number
  readonly #readings = new Set<Reading>()
  readonly #cache = new ReadCache<Remembered>({
    max: MAX_BYTES,
    // Clients may ask for any number of folders that do not exist.
    costOf: ({ items }) => (items.length === 0 ? null : items.cost),
  })

  /** @param packedFrom Files in a folder from which on their names are packed. */
  constructor(root: string, packedFrom: number = PACKED_FROM) {
    this.#root = root
    this.#packedFrom = packedFrom
  }

  /**
   * The keys within the bounds, bytewise ascending, some at a time and never none: the same batches as before, as long
   * as nothing has changed. Reads one folder at a time, none in vain.
   */
  async *keys(bounds: Bounds): AsyncGenerator<readonly string[], void, void> {
    checkText(bounds.prefix)
    checkText(bounds.after)
    const base = bounds.prefix.slice(0, bounds.prefix.lastIndexOf('/') + 1)
    const path = base === '' ? this.#root : `${this.#root}/${folderOfKeys(base)}`
    const open = [await this.#within(base, path, bounds)]
    let given = 0
    while (open.length > 0) {
      const { keys, next } = nextOf(open.at(-1)!)
      if (keys.length > 0) yield keys
      given += keys.length
      if (given >= BATCH) {
        given = 0
        // What is remembered takes no time: others would have to wait for the whole listing.
        await nextTurn()
      }
      if (next === 'end') open.pop()
      else if (next !== 'more') open.push(await this.#within(next.order, next.path, bounds))
    }
  }

  /** To be called when a file or a folder has come or gone, before that is acknowledged. */
  changed(path: string): void {
    const name = basename(path)
    let folder = dirname(path)
    const isPlain = segmentOf(name) !== null && !folder.endsWith(MORE_MARK)
    // What a folder holds of a long segment is listed with the folder around it.
    while (folder.endsWith(MORE_MARK)) folder = dirname(folder)
    const readings = [...this.#readings].filter((reading) => reading.path === folder)
    const isNoted = readings.map((reading) => isPlain && note(reading, name))
    const kept = this.#cache.peek(folder)
    isNoted.push(isPlain && kept?.items.patched !== undefined && note(kept, name))
    if (isNoted.includes(false)) this.#cache.forget(folder)
    for (const [i, reading] of readings.entries()) reading.isLost ||= !isNoted[i]
  }

  async #within(base: string, path: string, bounds: Bounds): Promise<Cursor> {
    bounds.signal?.throwIfAborted()
    const remembered = await this.#cache.get(path, (folder) => this.#read(folder, base))
    bounds.signal?.throwIfAborted()
    return withinBounds(this.#current(path, remembered).items, bounds)
  }

  /** Where files come and go all the time, a folder that takes long to read would never be remembered without those. */
  async #read(path: string, base: string): Promise<Remembered> {
    const reading: Reading = { path, changes: new Set(), isLost: false }
    this.#readings.add(reading)
    try {
      const items = await readItems(path, base, this.#packedFrom)
      const { changes, isLost } = reading
      if (changes.size === 0 && !isLost) return { items, changes: new Set() }
      if (isLost || !items.patched) {
        this.#cache.forget(path)
        return { items, changes: new Set() }
      }
      const current = { items: items.patched(changes), changes: new Set<string>() }
      this.#cache.set(path, current)
      return current
    } finally {
      this.#readings.delete(reading)
    }
  }

  /** With what has come and gone since it was read. */
  #current(path: string, remembered: Remembered): Remembered {
    const { items, changes } = remembered
    if (changes.size === 0 || !items.patched) return remembered
    const current = { items: items.patched(changes), changes: new Set<string>() }
    if (this.#cache.peek(path) === remembered) this.#cache.set(path, current)
    return current
  }
}

/** Notes that a file has come or gone; false if that are too many. */
function note({ changes }: Pick<Remembered, 'changes'>, name: string): boolean {
  if (changes.size >= MAX_CHANGES) return false
  changes.add(name)
  return true
}

/** Those of a folder's sorted items that are, or may hold, keys within the bounds: from `at` up to `end`. */
interface Cursor {
  readonly items: Items
  at: number
  readonly end: number
}

/** The keys up to the next folder, at most {@link BATCH}; and that folder, or whether there are more. */
function nextOf(cursor: Cursor): { keys: readonly string[]; next: Folder | 'more' | 'end' } {
  const keys = batchAt(cursor)
  cursor.at += keys.length
  if (cursor.at === cursor.end) return { keys, next: 'end' }
  const item = cursor.items.item(cursor.at)
  if (!isFolder(item)) return { keys, next: 'more' }
  cursor.at++
  return { keys, next: item }
}

/** Cut where others have cut it: at multiples of {@link BATCH}, at folders, and where the bounds end. */
function batchAt({ items, at, end }: Cursor): readonly string[] {
  const before = items.batches?.get(at)
  if (before !== undefined && at + before.length <= end) return before
  const keys: string[] = []
  const stop = Math.min(at - (at % BATCH) + BATCH, end)
  for (let next = at; next < stop; next++) {
    const item = items.item(next)
    if (isFolder(item)) break
    keys.push(item)
  }
  const isWhole = at % BATCH === 0 && (at + keys.length < end || end === items.length)
  if (isWhole && keys.length > 0) items.batches?.set(at, keys)
  return keys
}

function withinBounds(items: Items, { prefix, after }: Bounds): Cursor {
  let at = firstThat(items, (order) => compareKeys(order, prefix) >= 0 && compareKeys(order, after) > 0)
  // The folder that the key `after` is in sorts right before it, or has its name.
  const before = at > 0 ? items.item(at - 1) : undefined
  if (isFolder(before) && before.order.startsWith(prefix) && after.startsWith(before.order)) at--
  const end = firstThat(items, (order) => compareKeys(order, prefix) > 0 && !order.startsWith(prefix))
  return { items, at, end: Math.max(at, end) }
}

/** Where the items begin of which something is true; it is of none before. */
function firstThat(items: Items, isTrue: (order: string) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isTrue(items.order(middle))) high = middle
    else low = middle + 1
  }
  return low
}
