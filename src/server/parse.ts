/**
 * From method and URL to a typed request, or the exact error. Pure: no registry, no I/O.
 * @module
 */

import { type Digest, parseDigest, parseName, parseReference, RegistryError, type Tag } from '../oci/index.ts'
import type { Endpoint } from '../registry.ts'

/** A request that is well formed. */
export type ApiRequest =
  | { readonly endpoint: 'ping' | 'catalog' }
  | { readonly endpoint: 'extensions'; readonly name?: string }
  | { readonly endpoint: 'tags' | 'uploads'; readonly name: string }
  | { readonly endpoint: 'referrers' | 'blob'; readonly name: string; readonly digest: Digest }
  | { readonly endpoint: 'manifest'; readonly name: string; readonly reference: Digest | Tag }
  | { readonly endpoint: 'upload'; readonly name: string; readonly id: string }

/** What each endpoint answers to; HEAD wherever GET is. */
const METHODS: Readonly<Record<Endpoint, readonly string[]>> = {
  ping: ['GET', 'HEAD'],
  catalog: ['GET', 'HEAD'],
  extensions: ['GET', 'HEAD'],
  tags: ['GET', 'HEAD'],
  referrers: ['GET', 'HEAD'],
  manifest: ['GET', 'HEAD', 'PUT', 'DELETE'],
  blob: ['GET', 'HEAD', 'DELETE'],
  uploads: ['POST'],
  upload: ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'],
}

/** Longer paths are refused before they are taken apart. */
const MAX_PATH = 8192

/**
 * Reads a request. Checks in this order: the path is known, the method fits, then name, digest and reference.
 * The path is decoded once, and validated after that.
 *
 * @param path The URL's path without the base path, as sent.
 * @param off Methods that are switched off at an endpoint.
 * @throws RegistryError `NOT_FOUND`; `UNSUPPORTED` with `Allow`; `NAME_INVALID`, `DIGEST_INVALID`, `TAG_INVALID`.
 */
export function parseRequest(
  method: string,
  path: string,
  off?: (endpoint: Endpoint) => readonly string[],
): ApiRequest {
  const { endpoint, name, last } = route(decode(path))
  const allowed = METHODS[endpoint].filter((each) => !off?.(endpoint).includes(each))
  if (!allowed.includes(method)) throw methodNotAllowed(endpoint, allowed)
  switch (endpoint) {
    case 'ping':
    case 'catalog':
      return { endpoint }
    case 'extensions':
      return name === '' ? { endpoint } : { endpoint, name: parseName(name) }
    case 'tags':
    case 'uploads':
      return { endpoint, name: parseName(name) }
    case 'referrers':
    case 'blob':
      return { endpoint, name: parseName(name), digest: parseDigest(last) }
    case 'manifest':
      return { endpoint, name: parseName(name), reference: parseReference(last) }
    case 'upload':
      return { endpoint, name: parseName(name), id: last }
  }
}

interface Route {
  readonly endpoint: Endpoint
  readonly name: string
  readonly last: string
}

/** From the right-hand end: a repository may be called `foo/blobs` or `a/manifests/b`. */
function route(path: string): Route {
  if (path === '/v2' || path === '/v2/') return { endpoint: 'ping', name: '', last: '' }
  if (path === '/v2/_catalog') return { endpoint: 'catalog', name: '', last: '' }
  if (path === '/v2/_oci/ext/discover') return { endpoint: 'extensions', name: '', last: '' }
  if (!path.startsWith('/v2/')) throw notFound()
  const segments = path.slice('/v2/'.length).split('/')
  const found = ROUTES.map((match) => match(segments)).find((each) => each !== null && each.name !== '')
  if (!found) throw notFound()
  return found
}

type Match = (segments: readonly string[]) => Route | null

const ROUTES: readonly Match[] = [
  ending('extensions', '_oci', 'ext', 'discover'),
  ending('tags', 'tags', 'list'),
  ending('uploads', 'blobs', 'uploads'),
  ending('uploads', 'blobs', 'uploads', ''),
  endingWithAny('upload', 'blobs', 'uploads'),
  endingWithAny('blob', 'blobs'),
  endingWithAny('manifest', 'manifests'),
  endingWithAny('referrers', 'referrers'),
]

function ending(endpoint: Endpoint, ...tail: readonly string[]): Match {
  return (segments) => {
    const rest = segments.length - tail.length
    if (!tail.every((segment, i) => segments[rest + i] === segment)) return null
    return { endpoint, name: segments.slice(0, rest).join('/'), last: '' }
  }
}

function endingWithAny(endpoint: Endpoint, ...tail: readonly string[]): Match {
  const match = ending(endpoint, ...tail)
  return (segments) => {
    const last = segments.at(-1)
    const found = last ? match(segments.slice(0, -1)) : null
    return found && { ...found, last: last! }
  }
}

function decode(path: string): string {
  if (path.length > MAX_PATH) throw new RegistryError('NAME_INVALID', 'the path is too long', { status: 414 })
  try {
    return decodeURIComponent(path)
  } catch {
    throw new RegistryError('NAME_INVALID', 'the path is not valid percent-encoding of UTF-8')
  }
}

function notFound(): RegistryError {
  return new RegistryError('NOT_FOUND', 'no such endpoint: the registry is at /v2/')
}

function methodNotAllowed(endpoint: Endpoint, allowed: readonly string[]): RegistryError {
  const allow = allowed.join(', ')
  return new RegistryError('UNSUPPORTED', `this method is not supported here (${endpoint}): use ${allow}`, {
    headers: { allow },
  })
}
