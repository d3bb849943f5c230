/**
 * What a registry needs to know of a manifest: its type, what it refers to, and how it appears as a referrer.
 * The bytes themselves are never changed: this is a view, unknown fields stay where they are.
 * @module
 */

import type { Descriptor } from './descriptor.ts'
import { type Digest, isDigest } from './digest.ts'
import { duplicateKey } from './duplicate-key.ts'
import { RegistryError } from './error.ts'
import { DOCKER_LIST, essenceOf, isMediaType, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST } from './media-type.ts'

/** What a manifest refers to. */
export interface ManifestReference {
  /** Of what is referred to. */
  readonly digest: Digest
  /** Bytes, as the manifest says. */
  readonly size: number
  /** A config or a layer is a blob; a child of an index may be a manifest or, for build caches, a blob. */
  readonly kind: 'blob' | 'child'
  /** A foreign layer: `urls` say where it is, it need not be here. */
  readonly foreign: boolean
}

/** The view of a manifest that a registry works with. */
export interface ManifestView {
  /** The `Content-Type`, else the body's `mediaType`, else what the fields tell; without parameters. */
  readonly mediaType: string
  /** What it refers to, without its subject; each digest once. */
  readonly references: readonly ManifestReference[]
  /** The manifest that this one is about. It need not exist. */
  readonly subject?: Digest
  /** Its own type, else (for an image) that of its config: what it is listed under as a referrer. */
  readonly artifactType?: string
  /** Its own annotations; absent when it has none. */
  readonly annotations?: Readonly<Record<string, string>>
}

type Json = { readonly [field: string]: unknown }

/**
 * Reads a manifest.
 *
 * Checks in this order: JSON, no key twice in an object that is read, an object, schema version, type (the
 * `Content-Type`, else the body's `mediaType`, else the fields decide), both agree, the fields fit the type, every
 * descriptor is well formed.
 *
 * @param contentType As sent, parameters allowed. `null`, `application/json`, `text/plain` and
 *   `application/octet-stream` say nothing.
 * @throws {@link RegistryError} `MANIFEST_INVALID` with the place of the fault.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | null): ManifestView {
  const body = parseJson(bytes)
  const mediaType = typeOf(body, essenceOf(contentType))
  return isIndexType(mediaType) ? viewIndex(body, mediaType) : viewImage(body, mediaType)
}

/** Whether this is the type of an index or a manifest list. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST
}

/** How a manifest appears in the list of its subject's referrers. */
export function referrerOf(view: ManifestView, digest: Digest, size: number): Descriptor {
  return {
    mediaType: view.mediaType,
    digest,
    size,
    ...(view.artifactType === undefined ? {} : { artifactType: view.artifactType }),
    ...(view.annotations === undefined ? {} : { annotations: view.annotations }),
  }
}

function parseJson(bytes: Uint8Array): Json {
  let text: string
  let body: unknown
  try {
    // A byte order mark is no JSON (RFC 8259 section 8.1), and many clients cannot read what begins with one.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    body = JSON.parse(text)
  } catch (cause) {
    throw invalid('the manifest is not valid JSON in UTF-8', undefined, cause)
  }
  const twice = duplicateKey(text)
  if (twice !== null)
    throw invalid(`the manifest has the key ${JSON.stringify(twice.slice(0, 100))} twice in one object`)
  return object(body, 'manifest')
}

const SAYS_NOTHING = new Set([null, 'application/json', 'text/plain', 'application/octet-stream'])

function typeOf(body: Json, header: string | null): string {
  const inside = body['mediaType']
  if (inside !== undefined && typeof inside !== 'string')
    throw invalid('mediaType is not a string', 'mediaType')
  if (body['schemaVersion'] !== 2) {
    throw invalid(
      'schemaVersion is not 2: Docker schema 1 is not accepted, push with a current client',
      'schemaVersion',
    )
  }
  const stated = SAYS_NOTHING.has(header) ? undefined : (header as string)
  if (stated !== undefined && inside !== undefined && stated !== inside) {
    throw invalid(
      `Content-Type ${stated.slice(0, 255)} and the manifest's mediaType ${inside.slice(0, 255)} differ`,
      'mediaType',
    )
  }
  const mediaType = stated ?? inside ?? sniff(body)
  if (!MANIFEST_TYPES.includes(mediaType)) {
    throw invalid(
      `manifests of type ${mediaType.slice(0, 255)} are not accepted: use ${MANIFEST_TYPES.join(', ')}`,
      'mediaType',
    )
  }
  return mediaType
}

function sniff(body: Json): string {
  if (body['manifests'] !== undefined) return OCI_INDEX
  if (body['config'] !== undefined && body['layers'] !== undefined) return OCI_MANIFEST
  throw invalid('the manifest has no mediaType, and neither manifests nor config and layers', 'mediaType')
}

function viewImage(body: Json, mediaType: string): ManifestView {
  if (body['manifests'] !== undefined) throw invalid('an image manifest must not hold manifests', 'manifests')
  const config = reference(body['config'], 'config', 'blob')
  const layers = array(body['layers'], 'layers').map((layer, i) => reference(layer, `layers[${i}]`, 'blob'))
  const own = optionalType(body['artifactType'], 'artifactType')
  return view(
    body,
    mediaType,
    [config, ...layers],
    own || (object(body['config'], 'config')['mediaType'] as string),
  )
}

function viewIndex(body: Json, mediaType: string): ManifestView {
  for (const field of ['config', 'layers']) {
    if (body[field] !== undefined) throw invalid(`an index must not hold ${field}`, field)
  }
  const children = array(body['manifests'], 'manifests').map((child, i) =>
    reference(child, `manifests[${i}]`, 'child'),
  )
  return view(body, mediaType, children, optionalType(body['artifactType'], 'artifactType'))
}

function view(
  body: Json,
  mediaType: string,
  references: readonly ManifestReference[],
  artifactType: string | undefined,
): ManifestView {
  const subject = body['subject'] == null ? undefined : reference(body['subject'], 'subject', 'child').digest
  const annotations = optionalAnnotations(body['annotations'], 'annotations')
  return {
    mediaType,
    references: unique(references),
    ...(subject === undefined ? {} : { subject }),
    ...(artifactType ? { artifactType } : {}),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

/** Each digest once; what is needed in one place is needed, whatever another says. */
function unique(references: readonly ManifestReference[]): ManifestReference[] {
  const found = new Map<Digest, ManifestReference>()
  for (const each of references) {
    if (found.get(each.digest)?.foreign !== false) found.set(each.digest, each)
  }
  return [...found.values()]
}

function reference(value: unknown, path: string, kind: ManifestReference['kind']): ManifestReference {
  const { mediaType, digest, size, urls } = object(value, path)
  if (typeof mediaType !== 'string' || !isMediaType(mediaType))
    throw invalid(`${path}.mediaType is not a media type`, path)
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalid(`${path}.digest is not a digest`, path)
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw invalid(`${path}.size is not a size in bytes`, path)
  return { digest, size: size as number, kind, foreign: Array.isArray(urls) && urls.length > 0 }
}

function optionalType(value: unknown, path: string): string | undefined {
  if (value == null || value === '') return undefined
  if (typeof value !== 'string' || !isMediaType(value)) throw invalid(`${path} is not a media type`, path)
  return value
}

function optionalAnnotations(value: unknown, path: string): Record<string, string> | undefined {
  if (value == null) return undefined
  const annotations = object(value, path)
  for (const [key, text] of Object.entries(annotations)) {
    if (typeof text !== 'string')
      throw invalid(`${path} must map strings to strings; ${key.slice(0, 100)} does not`, path)
  }
  return Object.keys(annotations).length === 0 ? undefined : (annotations as Record<string, string>)
}

function object(value: unknown, path: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${path} is not an object`, path)
  return value as Json
}

function array(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw invalid(`${path} is not an array`, path)
  return value
}

function invalid(message: string, path?: string, cause?: unknown): RegistryError {
  return new RegistryError('MANIFEST_INVALID', message, { ...(path ? { detail: { path } } : {}), cause })
}
