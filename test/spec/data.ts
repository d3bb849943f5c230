import { createHash, randomBytes } from 'node:crypto'

export type Algorithm = 'sha256' | 'sha512'
export const ALGORITHMS: readonly Algorithm[] = ['sha256', 'sha512']

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json'
export const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
export const LAYER_TAR = 'application/vnd.oci.image.layer.v1.tar'
export const LAYER_FOREIGN = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'

/** Bytes with their name and type. */
export interface Content {
  readonly digest: string
  readonly bytes: Uint8Array
  readonly mediaType: string
}

/** A manifest as it is pushed, and how it is to appear as a referrer. */
export interface Manifest extends Content {
  readonly subject?: string
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

export type Fields = Readonly<Record<string, unknown>>

export function digestOf(bytes: Uint8Array, algorithm: Algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** The digest of bytes that nobody has. */
export function unknownDigest(algorithm: Algorithm = 'sha256'): string {
  return digestOf(randomBytes(32), algorithm)
}

export function content(bytes: Uint8Array, mediaType: string, algorithm: Algorithm = 'sha256'): Content {
  return { digest: digestOf(bytes, algorithm), bytes, mediaType }
}

/** A blob of random bytes. */
export function blob(size = 512, algorithm: Algorithm = 'sha256', mediaType: string = LAYER): Content {
  return content(new Uint8Array(randomBytes(size)), mediaType, algorithm)
}

export function jsonBlob(value: unknown, mediaType: string, algorithm: Algorithm = 'sha256'): Content {
  return content(new TextEncoder().encode(JSON.stringify(value)), mediaType, algorithm)
}

/** An image configuration that is like no other. */
export function config(fields: Fields = {}, algorithm: Algorithm = 'sha256'): Content {
  const value = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [] },
    author: word(),
    ...fields,
  }
  return jsonBlob(value, OCI_CONFIG, algorithm)
}

/** `{}` and its type: what an artifact has for a config. */
export function emptyJson(algorithm: Algorithm = 'sha256'): Content {
  return jsonBlob({}, OCI_EMPTY, algorithm)
}

export function descriptor(of: Content, fields: Fields = {}): Fields {
  return { mediaType: of.mediaType, digest: of.digest, size: of.bytes.length, ...fields }
}

/** Turns the fields of a manifest into bytes, written with indentation so that nobody may rewrite them. */
export function manifest(fields: Fields, mediaType: string, algorithm: Algorithm = 'sha256'): Manifest {
  const bytes = new TextEncoder().encode(JSON.stringify(fields, null, 1))
  const subject = (fields['subject'] as { digest: string } | undefined)?.digest
  const configType = (fields['config'] as { mediaType: string } | undefined)?.mediaType
  const artifactType = (fields['artifactType'] as string | undefined) ?? configType
  const annotations = fields['annotations'] as Record<string, string> | undefined
  return {
    ...content(bytes, mediaType, algorithm),
    ...(subject === undefined ? {} : { subject }),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

/** An image manifest over a config and layers. */
export function image(
  of: Content,
  layers: readonly Content[],
  fields: Fields = {},
  algorithm?: Algorithm,
): Manifest {
  return manifest(
    {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(of),
      layers: layers.map((layer) => descriptor(layer)),
      ...fields,
    },
    OCI_MANIFEST,
    algorithm,
  )
}

/** An index over manifests. */
export function index(children: readonly Content[], fields: Fields = {}, algorithm?: Algorithm): Manifest {
  return manifest(
    {
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: children.map((child) => descriptor(child)),
      ...fields,
    },
    OCI_INDEX,
    algorithm,
  )
}

/** A small image with its blobs. */
export function simpleImage(fields: Fields = {}, algorithm: Algorithm = 'sha256') {
  const [of, layer] = [config({}, algorithm), blob(256, algorithm)]
  return { blobs: [of, layer], manifest: image(of, [layer], fields, algorithm) }
}

/** A manifest that needs no blob and is like no other. */
export function bareIndex(fields: Fields = {}): Manifest {
  return index([], { annotations: { 'org.example.id': word() }, ...fields })
}

/** A random word that is a good tag and a good part of a name. */
export function word(): string {
  return `w${randomBytes(8).toString('hex')}`
}

/** The digest with another hex digit at its end: well formed, and of nothing. */
export function wrong(digest: string): string {
  return digest.slice(0, -1) + (digest.endsWith('0') ? '1' : '0')
}
