/**
 * Endpoints of blobs (end-2, end-10).
 * @module
 */

import { type Digest, formatContentRange, OCTET_STREAM, parseRange } from '../oci/index.ts'
import type { Exchange } from './exchange.ts'
import { empty, IMMUTABLE, matches, withBody } from './respond.ts'

export async function serveBlob(exchange: Exchange, name: string, digest: Digest): Promise<Response> {
  switch (exchange.request.method) {
    case 'DELETE':
      await exchange.registry.deleteBlob(name, digest, exchange.call)
      return empty(202, {})
    case 'HEAD':
      return headBlob(exchange, name, digest)
    default:
      return getBlob(exchange, name, digest)
  }
}

async function headBlob(exchange: Exchange, name: string, digest: Digest): Promise<Response> {
  const { registry, request, call } = exchange
  const { size } = await registry.resolveBlob(name, digest, call)
  if (matches(request, etag(digest))) return notModified(digest)
  return withBody(
    exchange,
    200,
    { ...headers(digest), 'content-length': String(size) },
    () => new Uint8Array(),
  )
}

async function getBlob(exchange: Exchange, name: string, digest: Digest): Promise<Response> {
  const { registry, request, call, settings } = exchange
  // The condition comes before the range (RFC 9110 section 13.2.2).
  if (matches(request, etag(digest))) {
    await registry.resolveBlob(name, digest, call)
    return notModified(digest)
  }
  const range = isRangeFor(request, digest) ? parseRange(request.headers.get('range')) : null
  const content = await registry.getBlob(name, digest, {
    ...call,
    ...(range ? { range } : {}),
    ...(settings.redirect ? { location: true } : {}),
  })
  if (content.location !== undefined) return redirect(digest, content.location)
  const { size } = content.descriptor
  const span = content.range
  const fields = {
    ...headers(digest),
    'content-length': String(span?.length ?? size),
    ...(span ? { 'content-range': formatContentRange(span, size) } : {}),
  }
  return withBody(exchange, span ? 206 : 200, fields, () => content.stream())
}

/** `If-Range` with another validator turns the range off (RFC 9110 section 13.1.5): only a strong one can match. */
function isRangeFor(request: Request, digest: Digest): boolean {
  const condition = request.headers.get('if-range')
  return condition === null || condition === etag(digest)
}

function etag(digest: Digest): string {
  return `"${digest}"`
}

function headers(digest: Digest): Record<string, string> {
  return {
    'content-type': OCTET_STREAM,
    'docker-content-digest': digest,
    etag: etag(digest),
    'accept-ranges': 'bytes',
    'cache-control': IMMUTABLE,
  }
}

/** The URL is valid for a while only, so that nobody may keep the answer. */
function redirect(digest: Digest, location: string): Response {
  return empty(307, { location, 'docker-content-digest': digest, 'cache-control': 'no-store' })
}

function notModified(digest: Digest): Response {
  return empty(304, { etag: etag(digest), 'docker-content-digest': digest, 'cache-control': IMMUTABLE })
}
