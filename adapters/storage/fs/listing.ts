/**
 * Keys in order, from the folders or from what is remembered of them.
 * @module
 */

import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { checkText, compareKeys } from '../../../src/storage/key.ts'
import { ignore } from './errors.ts'
import { bytesOfName, FILE_MARK, folderOfKeys, MORE_MARK, textOf } from './key-path.ts'
import { ReadCache } from './read-cache.ts'

/** Which keys are wanted. */
interface Bounds {
  readonly prefix: string
  readonly after: string
  readonly signal: AbortSignal | undefined
}

/** A file's key, which says all, and of which there may be very many; or a folder of further keys. */
type Item = string | Folder

/** `order` is what all its keys begin with: a folder `a` sorts as `a/`, thus after the file `a!` and before the file `a0`. */
interface Folder {
  readonly order: string
  readonly path: string
}

/** The items of a folder in order, and the batches that were cut of them, by where they begin. */
interface Items {
  readonly sorted: readonly Item[]
  readonly batches: Map<number, readonly string[]>
}

/** Bytes of remembered items. A folder of some 100,000 keys fits, one of a million is read each time. */
const MAX_BYTES = 24 * 1024 * 1024
/**
 * What an item costs beside its characters, with what others make of its batch and remember (an entry, a name, a part
 * of an answer); and what a folder costs beside its items.
 */
const ITEM = 160
const FOLDER = 512
/** Most keys that are given at a time. */
const BATCH = 512

/** The keys below a folder. One instance for each, which is told of everything that comes and goes there. */
export class Listing {
  readonly #root: string
  readonly #cache = new ReadCache<Items>({
    max: MAX_BYTES,
    // Clients may ask for any number of folders that do not exist.
    costOf: ({ sorted }) =>
      sorted.length === 0 ? null : sorted.reduce((sum, item) => sum + orderOf(item).length + ITEM, FOLDER),
  })

  constructor(root: string) {
    this.#root = root
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
    let folder = dirname(path)
    // What a folder holds of a long segment is listed with the folder around it.
    while (folder.endsWith(MORE_MARK)) folder = dirname(folder)
    this.#cache.forget(folder)
  }

  async #within(base: string, path: string, bounds: Bounds): Promise<Cursor> {
    bounds.signal?.throwIfAborted()
    const items = await this.#cache.get(path, (folder) => itemsOf(folder, base))
    bounds.signal?.throwIfAborted()
    return withinBounds(items, bounds)
  }
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
  const item = cursor.items.sorted[cursor.at]!
  if (!isFolder(item)) return { keys, next: 'more' }
  cursor.at++
  return { keys, next: item }
}

/** Cut where others have cut it: at multiples of {@link BATCH}, at folders, and where the bounds end. */
function batchAt({ items: { sorted, batches }, at, end }: Cursor): readonly string[] {
  const before = batches.get(at)
  if (before !== undefined && at + before.length <= end) return before
  const keys: string[] = []
  const stop = Math.min(at - (at % BATCH) + BATCH, end)
  for (let next = at; next < stop; next++) {
    const item = sorted[next]!
    if (isFolder(item)) break
    keys.push(item)
  }
  const isWhole = at % BATCH === 0 && (at + keys.length < end || end === sorted.length)
  if (isWhole && keys.length > 0) batches.set(at, keys)
  return keys
}

function isFolder(item: Item | undefined): item is Folder {
  return typeof item === 'object'
}

function orderOf(item: Item): string {
  return isFolder(item) ? item.order : item
}

function withinBounds(items: Items, { prefix, after }: Bounds): Cursor {
  const { sorted } = items
  let at = firstThat(sorted, (order) => compareKeys(order, prefix) >= 0 && compareKeys(order, after) > 0)
  // The folder that the key `after` is in sorts right before it, or has its name.
  const before = sorted[at - 1]
  if (isFolder(before) && before.order.startsWith(prefix) && after.startsWith(before.order)) at--
  const end = firstThat(sorted, (order) => compareKeys(order, prefix) > 0 && !order.startsWith(prefix))
  return { items, at, end: Math.max(at, end) }
}

/** Where the items begin of which something is true; it is of none before. */
function firstThat(items: readonly Item[], isTrue: (order: string) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isTrue(orderOf(items[middle]!))) high = middle
    else low = middle + 1
  }
  return low
}

/** All items of a folder, sorted. */
async function itemsOf(folder: string, base: string): Promise<Items> {
  const items: Item[] = []
  await collect(folder, base, '', items)
  // The order of UTF-16, which the engine sorts by fastest, is that of UTF-8 below the surrogates.
  const plain = items.every((item) => !/[\ud800-\uffff]/.test(orderOf(item)))
  const compare = plain ? (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0) : compareKeys
  return { sorted: items.sort((a, b) => compare(orderOf(a), orderOf(b))), batches: new Map() }
}

/** Adds the items of a folder. `begun` is the beginning of their long segment, of which this folder has the rest. */
async function collect(folder: string, base: string, begun: string, items: Item[]): Promise<void> {
  // A foreign file where a folder is expected holds no keys.
  const names = (await readdir(folder).catch(ignore('ENOENT', 'ENOTDIR'))) ?? []
  for (const name of names) {
    const mark = name.at(-1)
    const marked = mark === FILE_MARK || mark === MORE_MARK
    const bytes = bytesOfName(marked ? name.slice(0, -1) : name)
    if (bytes === null) continue
    if (mark === MORE_MARK) {
      // Its keys lie between those of its neighbours (`X!`, `X/a`, `X0`), so they are sorted with them.
      await collect(`${folder}/${name}`, base, begun + bytes, items)
      continue
    }
    const segment = textOf(begun + bytes)
    if (segment === null) continue
    const key = base + segment
    items.push(mark === FILE_MARK ? key : { order: `${key}/`, path: `${folder}/${name}` })
  }
}
