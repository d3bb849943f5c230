/**
 * Endpoints that list: tags (end-8), the catalog, referrers (end-12), extensions.
 * @module
 */

import {
  type Descriptor,
  type Digest,
  OCI_INDEX,
  RegistryError,
  referrersPath,
  tagsPath,
} from '../oci/index.ts'
import type { ListOptions } from '../registry.ts'
import type { Exchange } from './exchange.ts'
import { allOf, catalogPage, type Page, pageOf } from './pages.ts'
import { json, sendJson } from './respond.ts'
import { tagsDocument } from './tags-document.ts'

/** Most entries that a client may ask for at once; without `n` it gets all tags. */
const MAX_PAGE = 10_000
/** A page of referrers is itself an index, and clients read no manifest above 4 MiB. */
const MAX_INDEX = 4 * 1024 * 1024 - 4096

const encoder = new TextEncoder()

export async function listTags(exchange: Exchange, name: string): Promise<Response> {
  const n = pageSize(exchange)
  const list = (options: ListOptions) => exchange.registry.tags(name, options)
  if (n === null) return sendJson(exchange, await tagsDocument(name, await allOf(exchange, list)), {})
  const page = await pageOf(exchange, list, n)
  return json(exchange, { name, tags: page.entries }, { link: nextPage(exchange, tagsPath(name), page, n) })
}

export async function listRepositories(exchange: Exchange): Promise<Response> {
  const n = pageSize(exchange)
  const page = await catalogPage(exchange, n)
  const link = nextPage(exchange, '/v2/_catalog', page, n ?? page.entries.length)
  return json(exchange, { repositories: page.entries }, { link })
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
