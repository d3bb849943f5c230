/**
 * Endpoints of manifests and tags (end-3, end-7, end-9).
 * @module
 */

import {
  type Digest,
  isDigestReference,
  manifestPath,
  parseContentDigest,
  parseTag,
  RegistryError,
  type Tag,
} from '../oci/index.ts'
import { readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { empty, IMMUTABLE, matches, REVALIDATE, withBody } from './respond.ts'

/** Tags that one push may set. The specification asks for at least ten. */
const MAX_TAGS = 100

export async function serveManifest(
  exchange: Exchange,
  name: string,
  reference: Digest | Tag,
): Promise<Response> {
  switch (exchange.request.method) {
    case 'PUT':
      return putManifest(exchange, name, reference)
    case 'DELETE':
      if (isDigestReference(reference)) await exchange.registry.deleteManifest(name, reference, exchange.call)
      else await exchange.registry.deleteTag(name, reference, exchange.call)
      return empty(202, {})
    default:
      return getManifest(exchange, name, reference)
  }
}

/** The stored type is always sent: `Accept` only tells what a client prefers, and nothing is ever converted. */
async function getManifest(exchange: Exchange, name: string, reference: Digest | Tag): Promise<Response> {
  const { registry, request, call, settings } = exchange
  const isHead = request.method === 'HEAD'
  const manifest = isHead ? null : await registry.getManifest(name, reference, call)
  const descriptor = manifest?.descriptor ?? (await registry.resolveManifest(name, reference, call))
  const { digest, mediaType, size } = descriptor
  const fields = {
    'docker-content-digest': isDigestReference(reference) || settings.compat.tagDigest ? digest : undefined,
    etag: `"${digest}"`,
    'cache-control': isDigestReference(reference) ? IMMUTABLE : REVALIDATE,
  }
  if (matches(request, fields.etag)) return empty(304, fields)
  const all = { ...fields, 'content-type': mediaType, 'content-length': String(size) }
  return withBody(exchange, 200, all, () => manifest!.bytes)
}

async function putManifest(exchange: Exchange, name: string, reference: Digest | Tag): Promise<Response> {
  const { registry, request, query, settings, call } = exchange
  const digest = digestOf(reference, query)
  const tags = tagsOf(reference, query)
  const bytes = await readBody(exchange, settings.maxManifestSize)
  const mediaType = request.headers.get('content-type') ?? ''
  const options = { ...call, tags, ...(digest === undefined ? {} : { digest }) }
  const pushed = await registry.pushManifest(name, bytes, mediaType, options)
  return empty(201, {
    location: exchange.url(manifestPath(name, reference)),
    'docker-content-digest': pushed.descriptor.digest,
    'oci-subject': settings.compat.referrers ? pushed.subject : undefined,
    'oci-tag': query.has('tag') ? pushed.tags.join(', ') : undefined,
  })
}

/** By tag, `digest` in the query asks for another algorithm than sha256, as regctl does. */
function digestOf(reference: Digest | Tag, query: URLSearchParams): Digest | undefined {
  const text = isDigestReference(reference) ? reference : query.get('digest')
  return text === null ? undefined : parseContentDigest(text)
}

function tagsOf(reference: Digest | Tag, query: URLSearchParams): Tag[] {
  const asked = query.getAll('tag').map(parseTag)
  const tags = [...new Set(isDigestReference(reference) ? asked : [reference, ...asked])]
  if (tags.length <= MAX_TAGS) return tags
  throw new RegistryError('TAG_INVALID', `at most ${MAX_TAGS} tags can be set at once`, { status: 414 })
}
