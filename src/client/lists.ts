/**
 * Lists of tags and repositories (end-8, and the catalog).
 * @module
 */

import { CATALOG_SCOPE, repositoryScope } from '../auth/client/index.ts'
import { markFurther } from '../further.ts'
import { type Tag, tagsPath } from '../oci/index.ts'
import type { ListOptions } from '../registry.ts'
import { type Core, callOf } from './core.ts'
import { broken } from './errors.ts'
import { type Page, pages } from './pages.ts'

/** What is listed: where, and the field that holds it. */
interface List {
  readonly path: string
  readonly field: string
  readonly scopes: readonly string[]
  readonly repository?: string
}

/** The tags of a repository. */
export function tags(core: Core, repo: string, options?: ListOptions): AsyncIterable<Tag> {
  const name = core.settings.nameOf(repo)
  const scopes = [repositoryScope(name, 'pull')]
  return listed(core, { path: tagsPath(name), field: 'tags', scopes, repository: name }, options)
}

/** The repositories. */
export function repositories(core: Core, options?: ListOptions): AsyncIterable<string> {
  return listed(core, { path: '/v2/_catalog', field: 'repositories', scopes: [CATALOG_SCOPE] }, options)
}

/** The list, which knows whether there is more behind what was given. */
function listed(core: Core, list: List, options: ListOptions = {}): AsyncIterable<string> {
  const place: Place = { hasMore: false }
  return markFurther(given(core, list, options, place), () => place.hasMore)
}

/** Where a list is. */
interface Place {
  /** Whether there is more behind what was given last. */
  hasMore: boolean
}

/**
 * Entries in bytewise order, strictly after `after`, at most `limit`, whatever the registry makes of `last` and `n`.
 * As long as it keeps to that order, pages are passed on as they come; a registry with another order is read whole,
 * and sorted.
 */
async function* given(
  core: Core,
  list: List,
  options: ListOptions,
  place: Place,
): AsyncGenerator<string, void, void> {
  const { after, limit = Number.POSITIVE_INFINITY } = options
  options.signal?.throwIfAborted()
  if (limit <= 0) return
  let last = after
  let count = 0
  for await (const { names, leadsOn } of namesIn(core, list, options)) {
    const fresh = inOrder(names, after, last)
    if (!fresh) {
      yield* sorted(core, list, options, last, limit - count, place)
      return
    }
    for (const [i, name] of fresh.entries()) {
      place.hasMore = leadsOn || i + 1 < fresh.length
      yield name
      last = name
      if (++count >= limit) return
    }
  }
  place.hasMore = false
}

/** The names of a page behind `last`; `null` if they are not in bytewise order, or go back behind what was given. */
function inOrder(
  names: readonly string[],
  after: string | undefined,
  last: string | undefined,
): string[] | null {
  if (names.some((name, i) => i > 0 && name <= names[i - 1]!)) return null
  // What is before the first bound comes from a registry that knows no `last`; later on it is disorder.
  if (last !== after && last !== undefined && names.length > 0 && names[0]! <= last) return null
  return last === undefined ? [...names] : names.filter((name) => name > last)
}

/** The same of everything that there is. What was given already ends at `last`. */
async function* sorted(
  core: Core,
  list: List,
  { signal, context }: ListOptions,
  last: string | undefined,
  limit: number,
  place: Place,
): AsyncGenerator<string, void, void> {
  const all = new Set<string>()
  const call = { ...(signal ? { signal } : {}), ...(context ? { context } : {}) }
  for await (const { names } of namesIn(core, list, call)) for (const name of names) all.add(name)
  const rest = [...all].filter((name) => last === undefined || name > last).sort(bytewise)
  place.hasMore = false
  for (const [i, name] of rest.slice(0, limit).entries()) {
    place.hasMore = i + 1 < rest.length
    yield name
  }
}

/** Names and tags are ASCII: code units are bytes. */
function bytewise(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The names of a page. */
interface NamePage extends Pick<Page, 'leadsOn'> {
  readonly names: string[]
}

/** The names of one page after another. Lists of no use (`null`, and null within) are empty ones. */
async function* namesIn(
  core: Core,
  { path, field, scopes, repository }: List,
  { after, limit, ...options }: ListOptions,
): AsyncGenerator<NamePage, void, void> {
  const query = new URLSearchParams()
  if (limit !== undefined) query.set('n', String(limit))
  if (after !== undefined) query.set('last', after)
  const ask = {
    url: query.size === 0 ? path : `${path}?${query}`,
    scopes,
    ...(repository === undefined ? {} : { repository }),
    unknown: 'NAME_UNKNOWN' as const,
    ...callOf(options),
  }
  const take = (page: Page): string[] => {
    const found = page.fields[field]
    if (found == null) return []
    if (!Array.isArray(found)) throw broken(core.settings.base.host, `answers with ${field} that are no list`)
    return found.filter((name): name is string => typeof name === 'string')
  }
  for await (const page of pages(core, ask)) yield { names: take(page), leadsOn: page.leadsOn }
}
