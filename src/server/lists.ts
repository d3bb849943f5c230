/**
 * Endpoints that list: tags (end-8), the catalog, referrers (end-12), extensions.
 * @module
 */

import { inBatches } from '../batches.ts'
import {
  type Descriptor,
  type Digest,
  OCI_INDEX,
  RegistryError,
  referrersPath,
  tagsPath,
} from '../oci/index.ts'
import type { Exchange } from './exchange.ts'
import { json, sendJson } from './respond.ts'
import { type Batch, tagsDocument } from './tags-document.ts'

/** Most entries that a client may ask for at once; without `n` it gets all tags. */
const MAX_PAGE = 10_000
/** Names in a page of the catalog, if the client does not say. */
const CATALOG_PAGE = 1000
/** A page of referrers is itself an index, and clients read no manifest above 4 MiB. */
const MAX_INDEX = 4 * 1024 * 1024 - 4096

const encoder = new TextEncoder()

export async function listTags(exchange: Exchange, name: string): Promise<Response> {
  const n = pageSize(exchange)
  const batches = await batchesOf(exchange, n, (bounds) =>
    exchange.registry.tags(name, { ...exchange.call, ...bounds }),
  )
  if (n === null) return sendJson(exchange, await tagsDocument(name, batches), {})
  const page = pageOf(batches, n)
  return json(exchange, { name, tags: page.entries }, { link: nextPage(exchange, tagsPath(name), page, n) })
}

export async function listRepositories(exchange: Exchange): Promise<Response> {
  const n = pageSize(exchange) ?? CATALOG_PAGE
  const page = pageOf(await batchesOf(exchange, n, (bounds) => readable(exchange, bounds)), n)
  const link = nextPage(exchange, '/v2/_catalog', page, n)
  return json(exchange, { repositories: page.entries }, { link })
}

/**
 * The repositories that the caller may pull from. They are asked for a page at a time, as if none were left out: only
 * where some are, more has to be looked at.
 */
async function* readable(exchange: Exchange, { after, limit }: Bounds): AsyncIterable<string> {
  const { registry, call, sees } = exchange
  let last = after
  let wanted = limit ?? Number.POSITIVE_INFINITY
  for (let seen = 0; wanted > 0; ) {
    const page = last === after ? wanted : Math.max(wanted, CATALOG_PAGE)
    const asked = Number.isFinite(wanted) ? { limit: page } : {}
    let found = 0
    for await (const name of registry.repositories({
      ...call,
      ...(last === undefined ? {} : { after: last }),
      ...asked,
    })) {
      found++
      last = name
      // What comes out of a cache takes no turn of its own.
      if (++seen % CATALOG_PAGE === 0) await new Promise((resolve) => setTimeout(resolve))
      if (!(await sees(name))) continue
      yield name
      if (--wanted === 0) return
    }
    if (found < (asked.limit ?? Number.POSITIVE_INFINITY)) return
  }
}

export async function listReferrers(exchange: Exchange, name: string, subject: Digest): Promise<Response> {
  const { registry, query, call, settings } = exchange
  if (!settings.compat.referrers)
    throw new RegistryError('NOT_FOUND', 'this registry does not list referrers')
  const artifactTypes = settings.compat.filters ? artifactTypesOf(query) : []
  const after = query.get('last')
  const options = {
    ...call,
    ...(artifactTypes.length > 0 ? { artifactTypes } : {}),
    ...(after === null ? {} : { after }),
  }
  const manifests: Descriptor[] = []
  let size = 0
  let last: string | undefined
  let link: string | undefined
  let filtered = artifactTypes.length > 0
  for await (const referrer of registry.referrers(name, subject, options)) {
    size += encoder.encode(JSON.stringify(referrer.descriptor)).length + 1
    if (size > MAX_INDEX && last !== undefined) {
      link = linkTo(exchange, referrersPath(name, subject), [
        ...artifactTypes.map((t) => ['artifactType', t]),
        ['last', last],
      ])
      break
    }
    manifests.push(referrer.descriptor)
    filtered &&= referrer.filtered
    last = referrer.cursor
  }
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests }
  return json(exchange, index, {
    'content-type': OCI_INDEX,
    'oci-filters-applied': filtered ? 'artifactType' : undefined,
    link,
  })
}

/** A raw + arrives as a space, and no media type holds one. */
function artifactTypesOf(query: URLSearchParams): string[] {
  const types = query.getAll('artifactType').filter(Boolean)
  return types.map((type) => type.replaceAll(' ', '+'))
}

export function listExtensions(exchange: Exchange, name?: string): Promise<Response> {
  const discover = {
    name: '_oci',
    url: 'https://github.com/opencontainers/distribution-spec/tree/main/extensions',
    description: 'tells which extensions this registry has',
    endpoints: ['_oci/ext/discover'],
  }
  const catalog = {
    name: '_catalog',
    url: 'https://distribution.github.io/distribution/spec/api/#listing-repositories',
    description: 'lists repositories',
    endpoints: ['_catalog'],
  }
  return json(exchange, { extensions: name === undefined ? [discover, catalog] : [discover] })
}

interface Bounds {
  after?: string
  limit?: number
}

interface Page {
  readonly entries: readonly string[]
  readonly more: boolean
}

/** What is listed for a page; one entry more than asked for tells whether there is a next one. */
async function batchesOf(
  exchange: Exchange,
  n: number | null,
  list: (bounds: Bounds) => AsyncIterable<string>,
): Promise<Batch[]> {
  const after = exchange.query.get('last')
  const bounds = { ...(after === null ? {} : { after }), ...(n === null ? {} : { limit: n + 1 }) }
  const batches: Batch[] = []
  for await (const batch of inBatches(list(bounds))) batches.push(batch)
  return batches
}

function pageOf(batches: readonly Batch[], n: number): Page {
  const entries = batches.flat()
  return entries.length <= n ? { entries, more: false } : { entries: entries.slice(0, n), more: n > 0 }
}

function pageSize({ query, settings }: Exchange): number | null {
  const { pageLimit } = settings.compat
  const text = query.get('n')
  if (text === null) return pageLimit === Number.POSITIVE_INFINITY ? null : pageLimit
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text), MAX_PAGE, pageLimit)
  throw new RegistryError('PAGINATION_NUMBER_INVALID', 'n must be a number, 0 or above', {
    detail: { n: text.slice(0, 100) },
  })
}

function nextPage(exchange: Exchange, path: string, page: Page, n: number): string | undefined {
  if (!page.more) return undefined
  return linkTo(exchange, path, [
    ['n', String(n)],
    ['last', page.entries.at(-1)!],
  ])
}

/** One link, percent-encoded: some clients cut it at the first semicolon. */
function linkTo(exchange: Exchange, path: string, query: readonly string[][]): string | undefined {
  if (!exchange.settings.compat.link) return undefined
  const text = query.map(([key, value]) => `${key}=${encodeURIComponent(value!)}`).join('&')
  return `<${exchange.url(path)}?${text}>; rel="next"`
}
