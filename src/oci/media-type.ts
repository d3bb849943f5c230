/**
 * Media types of OCI and Docker.
 * @module
 */

/** OCI image index. */
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
/** OCI image manifest. */
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
/** Docker manifest list, schema 2. */
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
/** Docker image manifest, schema 2. */
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
/** OCI image configuration. */
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
/** Type and content of the empty descriptor (image-spec, manifest.md, "Guidance for an Empty Descriptor"). */
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json'
/** What a blob is sent as. */
export const OCTET_STREAM = 'application/octet-stream'

/** Every manifest type that is stored. */
export const MANIFEST_TYPES: readonly string[] = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST]

/** Longest media type that is accepted (RFC 6838 section 4.2 allows 127 for each half). */
export const MAX_MEDIA_TYPE_LENGTH = 255

const GRAMMAR = /^[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]*\/[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]*$/

/** Whether `text` is a media type without parameters, at most 255 long (RFC 6838 section 4.2). */
export function isMediaType(text: string): boolean {
  return text.length <= MAX_MEDIA_TYPE_LENGTH && GRAMMAR.test(text)
}

/** A `Content-Type` without its parameters, in lower case; `null` when absent or empty. */
export function essenceOf(contentType: string | null): string | null {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() || null
}
