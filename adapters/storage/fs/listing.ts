/**
 * Keys in order, straight from the folders.
 * @module
 */

import { readdir } from 'node:fs/promises'
import { checkText, compareKeys } from '../../../src/storage/key.ts'
import { ignore } from './errors.ts'
import { bytesOfName, FILE_MARK, folderOfKeys, MORE_MARK, textOf } from './key-path.ts'

/** Which keys are wanted. */
interface Bounds {
  readonly prefix: string
  readonly after: string
  readonly signal: AbortSignal | undefined
}

/**
 * A file, or a folder of further keys. `order` is its key, or what all its keys begin with: a folder `a` sorts
 * as `a/`, thus after the file `a!` and before the file `a0`.
 */
interface Item {
  readonly order: string
  /** Absent for a file: its key says all, and there may be very many. */
  readonly folder?: string
}

/** The keys below `root` within the bounds, bytewise ascending. Reads one folder at a time, none in vain. */
export async function* listKeys(root: string, bounds: Bounds): AsyncGenerator<string, void, void> {
  checkText(bounds.prefix)
  checkText(bounds.after)
  const base = bounds.prefix.slice(0, bounds.prefix.lastIndexOf('/') + 1)
  const open: Iterator<Item>[] = [await itemsOf(`${root}/${folderOfKeys(base)}`, base, bounds)]
  while (open.length > 0) {
    const { done, value: item } = open.at(-1)!.next()
    if (done) open.pop()
    else if (item.folder !== undefined) open.push(await itemsOf(item.folder, item.order, bounds))
    else yield item.order
  }
}

async function itemsOf(folder: string, base: string, bounds: Bounds): Promise<Iterator<Item>> {
  const items: Item[] = []
  await collect(folder, base, '', bounds, items)
  // The order of UTF-16, which the engine sorts by fastest, is that of UTF-8 below the surrogates.
  const plain = items.every(({ order }) => !/[\ud800-\uffff]/.test(order))
  const compare = plain ? (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0) : compareKeys
  return items.sort((a, b) => compare(a.order, b.order)).values()
}

/** Adds the items of a folder. `begun` is the beginning of their long segment, of which this folder has the rest. */
async function collect(
  folder: string,
  base: string,
  begun: string,
  bounds: Bounds,
  items: Item[],
): Promise<void> {
  bounds.signal?.throwIfAborted()
  // A foreign file where a folder is expected holds no keys.
  const names = (await readdir(folder).catch(ignore('ENOENT', 'ENOTDIR'))) ?? []
  for (const name of names) {
    const mark = name.at(-1)
    const marked = mark === FILE_MARK || mark === MORE_MARK
    const bytes = bytesOfName(marked ? name.slice(0, -1) : name)
    if (bytes === null) continue
    if (mark === MORE_MARK) {
      // Its keys lie between those of its neighbours (`X!`, `X/a`, `X0`), so they are sorted with them.
      if (mayHold(base, begun + bytes, bounds))
        await collect(`${folder}/${name}`, base, begun + bytes, bounds, items)
      continue
    }
    const segment = textOf(begun + bytes)
    if (segment === null) continue
    if (mark === FILE_MARK) {
      const key = base + segment
      if (key.startsWith(bounds.prefix) && compareKeys(key, bounds.after) > 0) {
        items.push({ order: key })
      }
    } else {
      const order = `${base}${segment}/`
      if (within(order, bounds)) items.push({ order, folder: `${folder}/${name}` })
    }
  }
}

/** Whether a key that begins with `start` can be within the bounds. */
function within(start: string, { prefix, after }: Bounds): boolean {
  if (!start.startsWith(prefix) && !prefix.startsWith(start)) return false
  return after.startsWith(start) || compareKeys(start, after) > 0
}

/** Like {@link within} for the beginning of a long segment, which may end within a character. */
function mayHold(base: string, bytes: string, bounds: Bounds): boolean {
  return /[\x80-\xff]/.test(bytes) || within(base + bytes, bounds)
}
