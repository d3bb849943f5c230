import { isMediaType, OCI_INDEX, OCI_MANIFEST } from '../oci/index.ts'

const SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+json'
const SCHEMA_1_SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws'

/**
 * The type of a manifest that was kept without it: the one that it states, or the one of its shape, since only those of
 * OCI may leave it out and those of Docker's schema 1 have none. `null` for what is no manifest.
 */
export function mediaTypeOf(bytes: Uint8Array): string | null {
  const body = jsonOf(bytes)
  const { mediaType, schemaVersion } = body
  if (typeof mediaType === 'string' && isMediaType(mediaType)) return mediaType
  if (schemaVersion === 1) return body['signatures'] === undefined ? SCHEMA_1 : SCHEMA_1_SIGNED
  if (Array.isArray(body['manifests'])) return OCI_INDEX
  return body['config'] !== undefined && Array.isArray(body['layers']) ? OCI_MANIFEST : null
}

function jsonOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(new TextDecoder().decode(bytes))) as Record<string, unknown>
  } catch {
    return {}
  }
}
