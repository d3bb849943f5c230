/**
 * What a folder holds, in the order of keys.
 * @module
 */

import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { compareKeys } from '../../../src/storage/key.ts'
import { ignore } from './errors.ts'
import { bytesOfName, FILE_MARK, MORE_MARK, textOf } from './key-path.ts'
import { isPackable, nameAt, type Packed, pack, patch, sizeOf } from './packed.ts'
import { sortInTurns } from './sort.ts'

/** A file's key, which says all, and of which there may be very many; or a folder of further keys. */
export type Item = string | Folder

/** `order` is what all its keys begin with: a folder `a` sorts as `a/`, thus after the file `a!` and before the file `a0`. */
export interface Folder {
  readonly order: string
  readonly path: string
}

/** The items of a folder, sorted. */
export interface Items {
  readonly length: number
  item(i: number): Item
  /** What it is sorted by. */
  order(i: number): string
  /** The batches that were cut of them, by where they begin; absent where there are too many to remember. */
  readonly batches?: Map<number, readonly string[]>
  /** Bytes that it takes to remember them. */
  readonly cost: number
  /** The same folder after files of these names have come or gone; absent where that has to be read again. */
  patched?(names: Iterable<string>): Items
}

/**
 * What an item costs beside its characters, with what others make of its batch and remember (an entry, a name, a part
 * of an answer); and what a folder costs beside its items.
 */
const ITEM = 160
const FOLDER = 512
/** From so many files on the names of a folder are packed. */
export const PACKED_FROM = 30_000
/** Names between two turns of others. */
const TURN = 16_384

/** Reads a folder, whose keys begin with `base`; the names of `packedFrom` files and more are packed. */
export async function readItems(folder: string, base: string, packedFrom: number): Promise<Items> {
  const found: Found = { items: [], isPackable: true }
  await collect(folder, '', found)
  // The order of UTF-16, which the engine sorts by fastest, is that of UTF-8 below the surrogates.
  const plain = found.isPackable || found.items.every((item) => !/[\ud800-\uffff]/.test(orderOf(item)))
  const compare = plain ? (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0) : compareKeys
  const sorted = await sortInTurns(found.items, (a, b) => compare(orderOf(a), orderOf(b)))
  if (found.isPackable && sorted.length >= packedFrom)
    return packedItems(folder, base, await pack(sorted as readonly string[]))
  return itemsIn(sorted.map((item) => (isFolder(item) ? { ...item, order: base + item.order } : base + item)))
}

/** What is found in a folder, without what all its keys begin with: a million of strings is enough. */
interface Found {
  readonly items: Item[]
  /** Whether all are files whose names can be packed. */
  isPackable: boolean
}

/** Whether an item is a folder. */
export function isFolder(item: Item | undefined): item is Folder {
  return typeof item === 'object'
}

function orderOf(item: Item): string {
  return isFolder(item) ? item.order : item
}

function itemsIn(sorted: readonly Item[]): Items {
  return {
    length: sorted.length,
    item: (i) => sorted[i]!,
    order: (i) => orderOf(sorted[i]!),
    batches: new Map(),
    cost: sorted.reduce((sum, item) => sum + orderOf(item).length + ITEM, FOLDER),
  }
}

function packedItems(folder: string, base: string, packed: Packed): Items {
  const order = (i: number): string => base + nameAt(packed, i)
  return {
    length: packed.ends.length,
    item: order,
    order,
    cost: sizeOf(packed) + FOLDER,
    patched(names) {
      // Looked at in one go: what comes or goes later is told later.
      const isThere = new Map([...names].map((name) => [segmentOf(name)!, existsSync(`${folder}/${name}`)]))
      return packedItems(folder, base, patch(packed, isThere))
    },
  }
}

/** The last segment of the key of a file by its name; `null` for what {@link Items.patched} does not take. */
export function segmentOf(name: string): string | null {
  const bytes = name.endsWith(FILE_MARK) ? bytesOfName(name.slice(0, -1)) : null
  return bytes !== null && isPackable(bytes) ? bytes : null
}

/** Adds the items of a folder. `begun` is the beginning of their long segment, of which this folder has the rest. */
async function collect(folder: string, begun: string, found: Found): Promise<void> {
  // A foreign file where a folder is expected holds no keys.
  const names = (await readdir(folder).catch(ignore('ENOENT', 'ENOTDIR'))) ?? []
  for (const [i, name] of names.entries()) {
    if (i % TURN === TURN - 1) await nextTurn()
    const mark = name.at(-1)
    const marked = mark === FILE_MARK || mark === MORE_MARK
    const bytes = bytesOfName(marked ? name.slice(0, -1) : name)
    if (bytes === null) continue
    if (mark === MORE_MARK) {
      // Its keys lie between those of its neighbours (`X!`, `X/a`, `X0`), so they are sorted with them.
      await collect(`${folder}/${name}`, begun + bytes, found)
      continue
    }
    const segment = textOf(begun + bytes)
    if (segment === null) continue
    found.items.push(mark === FILE_MARK ? segment : { order: `${segment}/`, path: `${folder}/${name}` })
    found.isPackable &&= mark === FILE_MARK && isPackable(segment)
  }
}
