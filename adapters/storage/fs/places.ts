/**
 * Which contents there are, straight from the folders.
 * @module
 */

import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import type { StoredContent } from '../../../src/storage/contract.ts'
import { checkText, compareKeys } from '../../../src/storage/key.ts'
import { ignore } from './errors.ts'
import { bytesOfName, folderOfKeys, MORE_MARK, textOf } from './key-path.ts'

/** Ends the name of a file that is not sealed. A place cannot: its `+` is escaped. */
export const PART = '+part'
/** The folder of contents whose places do not begin with `content/`. */
export const OTHERS = '+'

/** Which contents are wanted. */
interface Bounds {
  readonly prefix: string
  readonly after: string
  readonly signal: AbortSignal | undefined
}

/** A file, or a folder of further places: `order` is its place, or what all its places begin with. */
interface Item {
  readonly order: string
  readonly path: string
  readonly kind: 'sealed' | 'part' | 'folder'
}

/** The files below `root` that are contents within the bounds, bytewise ascending by their places. */
export async function* listPlaces(
  root: string,
  bounds: Bounds,
): AsyncGenerator<StoredContent & { path: string }> {
  checkText(bounds.prefix)
  checkText(bounds.after)
  if (!bounds.prefix.endsWith('/')) throw new TypeError('the prefix of a place ends in a slash')
  const open = [await itemsOf(pathOfPrefix(root, bounds.prefix), bounds.prefix, bounds)]
  while (open.length > 0) {
    const { done, value: item } = open.at(-1)!.next()
    if (done) open.pop()
    else if (item.kind === 'folder') open.push(await itemsOf(item.path, item.order, bounds))
    else {
      const found = await stat(item.path).catch(ignore('ENOENT', 'ENOTDIR'))
      if (found) yield { place: item.order, size: found.size, partial: item.kind === 'part', path: item.path }
    }
  }
}

function pathOfPrefix(root: string, prefix: string): string {
  const [base, rest] = prefix.startsWith('content/') ? [root, prefix.slice(8)] : [`${root}/${OTHERS}`, prefix]
  return rest === '' ? base : `${base}/${folderOfKeys(rest)}`
}

async function itemsOf(folder: string, base: string, bounds: Bounds): Promise<Iterator<Item>> {
  const items: Item[] = []
  await collect(folder, base, '', bounds, items)
  return items.sort((a, b) => compareKeys(a.order, b.order)).values()
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
  const entries = (await readdir(folder, { withFileTypes: true }).catch(ignore('ENOENT', 'ENOTDIR'))) ?? []
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`
    const { bytes, kind } = meaningOf(entry)
    if (bytes === null || kind === null) continue
    if (kind === 'more') {
      await collect(path, base, begun + bytes, bounds, items)
      continue
    }
    const segment = textOf(begun + bytes)
    if (segment === null) continue
    const order = kind === 'folder' ? `${base}${segment}/` : base + segment
    const within = compareKeys(order, bounds.after) > 0
    if (within || (kind === 'folder' && bounds.after.startsWith(order))) items.push({ order, path, kind })
  }
}

/** What an entry of the folder of contents is, and the bytes that its name stands for; nulls if it is not ours. */
export function meaningOf(entry: Dirent): {
  bytes: string | null
  kind: Item['kind'] | 'more' | null
} {
  const { name } = entry
  if (entry.isDirectory()) {
    const more = name.endsWith(MORE_MARK)
    return { bytes: bytesOfName(more ? name.slice(0, -1) : name), kind: more ? 'more' : 'folder' }
  }
  if (!entry.isFile()) return { bytes: null, kind: null }
  const part = name.endsWith(PART)
  return {
    bytes: bytesOfName(part ? name.slice(0, -PART.length) : name),
    kind: part ? 'part' : 'sealed',
  }
}
