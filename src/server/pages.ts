/**
 * Pages of lists: so many entries, and whether there is another page.
 * @module
 */

import { inBatches } from '../batches.ts'
import { furtherOf } from '../further.ts'
import type { ListOptions } from '../registry.ts'
import type { Exchange } from './exchange.ts'
import type { Batch } from './tags-document.ts'

/** Names in a page of the catalog, if the client does not say. */
const CATALOG_PAGE = 1000

/** A page. */
export interface Page {
  readonly entries: readonly string[]
  readonly more: boolean
}

type List = (options: ListOptions) => AsyncIterable<string>

/** Where the client wants a list to begin. */
function startOf({ query, call }: Exchange): ListOptions {
  const after = query.get('last')
  return { ...call, ...(after === null ? {} : { after }) }
}

/** Everything behind that, in the batches in which it comes. */
export async function allOf(exchange: Exchange, list: List): Promise<Batch[]> {
  const batches: Batch[] = []
  for await (const batch of inBatches(list(startOf(exchange)))) batches.push(batch)
  return batches
}

/** The first `n` entries behind that. */
export async function pageOf(exchange: Exchange, list: List, n: number): Promise<Page> {
  const { names, hasMore } = begun(list, startOf(exchange), n)
  const batches: Batch[] = []
  for await (const batch of inBatches(names)) batches.push(batch)
  const entries = batches.flat()
  if (hasMore) return { entries, more: hasMore() }
  return entries.length <= n ? { entries, more: false } : { entries: entries.slice(0, n), more: n > 0 }
}

/**
 * The first `n` repositories behind that which the caller may pull from. They are asked for a page at a time, as if none
 * were left out: only where some are, more has to be looked at.
 * @param n Null: as many as a page has here. A registry elsewhere is then asked as its own client would ask, too.
 */
export async function catalogPage(exchange: Exchange, n: number | null): Promise<Page> {
  const { registry, sees } = exchange
  const start = startOf(exchange)
  const size = n ?? CATALOG_PAGE
  const entries: string[] = []
  let last = start.after
  for (let seen = 0; ; ) {
    const left = size - entries.length
    const asked = last === start.after ? left : Math.max(left, CATALOG_PAGE)
    const from = last === undefined ? start : { ...start, after: last }
    const list = (options: ListOptions) => registry.repositories(options)
    const { names, hasMore, limit } = begun(list, from, asked, n !== null)
    let found = 0
    for await (const name of names) {
      found++
      last = name
      // What comes out of a cache takes no turn of its own.
      if (++seen % CATALOG_PAGE === 0) await new Promise((resolve) => setTimeout(resolve))
      if (!(await sees(name))) continue
      if (entries.length === size) return { entries, more: size > 0 }
      entries.push(name)
      if (hasMore && entries.length === size) return { entries, more: hasMore() }
    }
    if (found < limit) return { entries, more: false }
  }
}

/** A list on its way. */
interface Begun {
  readonly names: AsyncIterable<string>
  /** How many it has at most. */
  readonly limit: number
  /** Tells whether there is more; absent where nobody knows, and one entry more than wanted has to tell. */
  readonly hasMore: (() => boolean) | undefined
}

/** Nothing is asked of a list that nobody reads: one that cannot tell whether it goes on is begun anew. */
function begun(list: List, from: ListOptions, wanted: number, isBounded = true): Begun {
  const exact = list(isBounded ? { ...from, limit: wanted } : from)
  const hasMore = wanted > 0 ? furtherOf(exact) : undefined
  if (hasMore) return { names: exact, limit: isBounded ? wanted : Number.POSITIVE_INFINITY, hasMore }
  return { names: list({ ...from, limit: wanted + 1 }), limit: wanted + 1, hasMore }
}
