/**
 * Content for tests: bytes with their name and type. Digests come from WebCrypto, not from what is tested.
 * @module
 */

import type { Algorithm, Descriptor, Digest } from '../../oci/index.ts'
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, OCTET_STREAM } from '../../oci/index.ts'
import { utf8 } from '../storage/scope.ts'

/** Bytes with their name and type. */
export interface Sample {
  readonly mediaType: string
  readonly digest: Digest
  readonly bytes: Uint8Array
}

/** Fields of a manifest. */
export type Fields = Readonly<Record<string, unknown>>

/** Names bytes. */
export async function sampleOf(
  bytes: Uint8Array,
  mediaType: string = OCTET_STREAM,
  algorithm: Algorithm = 'sha256',
): Promise<Sample> {
  return { mediaType, digest: await digestOf(bytes, algorithm), bytes }
}

/** A sample of a text. */
export function textOf(text: string, mediaType?: string, algorithm?: Algorithm): Promise<Sample> {
  return sampleOf(utf8(text), mediaType, algorithm)
}

/** How a manifest points at a sample. */
export function descriptorOf({ mediaType, digest, bytes }: Sample): Descriptor {
  return { mediaType, digest, size: bytes.length }
}

/** A configuration that is like no other. */
export function configOf(id: string): Promise<Sample> {
  return textOf(JSON.stringify({ architecture: 'amd64', os: 'linux', author: id }), OCI_CONFIG)
}

/** An image manifest, indented so that nobody may rewrite it. */
export function imageOf(
  config: Sample,
  layers: readonly Sample[],
  fields: Fields = {},
  algorithm?: Algorithm,
): Promise<Sample> {
  const body = { config: descriptorOf(config), layers: layers.map(descriptorOf), ...fields }
  return manifestOf({ mediaType: OCI_MANIFEST, ...body }, OCI_MANIFEST, algorithm)
}

/** An index. Without children it needs nothing, so that any number of manifests is made of fields. */
export function indexOf(children: readonly Sample[], fields: Fields = {}): Promise<Sample> {
  return manifestOf({ mediaType: OCI_INDEX, manifests: children.map(descriptorOf), ...fields }, OCI_INDEX)
}

/** A manifest of these fields. */
export function manifestOf(fields: Fields, mediaType: string, algorithm?: Algorithm): Promise<Sample> {
  return textOf(JSON.stringify({ schemaVersion: 2, ...fields }, null, 1), mediaType, algorithm)
}

/** The digest of bytes. */
export async function digestOf(bytes: Uint8Array, algorithm: Algorithm = 'sha256'): Promise<Digest> {
  const name = algorithm === 'sha512' ? 'SHA-512' : 'SHA-256'
  const hash = await crypto.subtle.digest(name, bytes as Uint8Array<ArrayBuffer>)
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${algorithm}:${hex}`
}

/** The digest of bytes that nobody has. */
export function unknownDigest(algorithm?: Algorithm): Promise<Digest> {
  return digestOf(utf8(crypto.randomUUID()), algorithm)
}
