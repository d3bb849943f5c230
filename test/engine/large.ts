/**
 * A storage that is large before anything is pushed to it: its records are made up when they are asked for.
 * @module
 */

import { createHash } from 'node:crypto'
import type { Entry, Rec, Records, Storage } from '../../src/storage/index.ts'

/** What is there already: repositories `bulk/000000` and so on, each with one manifest under so many tags. */
export interface Bulk {
  readonly repositories: number
  readonly tags: number
}

/** Ordered keys that nobody keeps. */
interface Keys {
  readonly count: number
  at(index: number): string
}

/** The same storage with a bulk of records below, which nobody may change. Its clock has stood at 0 for them. */
export function large(inner: Storage, bulk: Bulk): Storage {
  const all = [catalogOf(bulk), repositoriesOf(bulk)]
  const records: Records = {
    ...inner.records,
    get: async (key, options) =>
      (await inner.records.get(key, options)) ?? (has(all, key) ? recOf(key) : null),
    create: async (key, value, options) => (has(all, key) ? null : inner.records.create(key, value, options)),
    list: (prefix, options = {}) => {
      const { limit = Number.POSITIVE_INFINITY, values = false, after, ...call } = options
      const own = inner.records.list(prefix, { ...call, values, ...(after === undefined ? {} : { after }) })
      return merged(own, bulkKeys(all, prefix, after), limit, values)
    },
  }
  return { ...inner, records }
}

function catalogOf({ repositories }: Bulk): Keys {
  return { count: repositories, at: (index) => `catalog/${nameOf(index)}!` }
}

/** In each repository: a manifest, then the reverse keys of its tags, then the tags. */
function repositoriesOf({ repositories, tags }: Bulk): Keys {
  const each = 1 + 2 * tags
  return {
    count: repositories * each,
    at(index) {
      const repo = Math.floor(index / each)
      const base = `repositories/${nameOf(repo)}/`
      const hex = createHash('sha256').update(`manifest ${repo}`).digest('hex')
      const place = index % each
      if (place === 0) return `${base}_manifests/sha256/${hex}`
      const tag = `v${String((place - 1) % tags).padStart(6, '0')}`
      return place <= tags ? `${base}_tagged/sha256/${hex}/${tag}` : `${base}_tags/${tag}`
    },
  }
}

function nameOf(repo: number): string {
  return `bulk/${String(repo).padStart(6, '0')}`
}

function has(all: readonly Keys[], key: string): boolean {
  return all.some((keys) => {
    const index = lowerBound(keys, key)
    return index < keys.count && keys.at(index) === key
  })
}

function recOf(key: string): Rec {
  const fields = key.includes('/_manifests/') ? { mediaType: 'application/x', refs: [] } : {}
  return { value: new TextEncoder().encode(`${JSON.stringify(fields)}\n{}`), version: 'bulk', modified: 0 }
}

function* bulkKeys(
  all: readonly Keys[],
  prefix: string,
  after: string | undefined,
): Generator<string, void, void> {
  for (const keys of all) {
    const from = after !== undefined && after > prefix ? `${after}\0` : prefix
    for (let index = lowerBound(keys, from); index < keys.count; index++) {
      const key = keys.at(index)
      if (!key.startsWith(prefix)) break
      yield key
    }
  }
}

/** The index of the first key that is not below `key`. All keys are ASCII. */
function lowerBound(keys: Keys, key: string): number {
  let low = 0
  let high = keys.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys.at(middle) < key) low = middle + 1
    else high = middle
  }
  return low
}

async function* merged(
  own: AsyncIterable<Entry>,
  bulk: Iterator<string>,
  limit: number,
  values: boolean,
): AsyncGenerator<Entry, void, void> {
  let left = limit
  let next = bulk.next()
  const made = (key: string): Entry => (values ? { key, rec: recOf(key) } : { key })
  for await (const entry of own) {
    for (; !next.done && next.value < entry.key && left > 0; next = bulk.next(), left--)
      yield made(next.value)
    if (left-- <= 0) return
    yield entry
  }
  for (; !next.done && left > 0; next = bulk.next(), left--) yield made(next.value)
}
