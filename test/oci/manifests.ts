import { type Digest, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../src/oci/index.ts'

/** A digest of nothing in particular. */
export function digestNo(n: number): Digest {
  return `sha256:${n.toString(16).padStart(64, '0')}`
}

export function descriptor(n: number, more: object = {}): Record<string, unknown> {
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestNo(n), size: n, ...more }
}

export function image(more: object = {}): Record<string, unknown> {
  const config = { mediaType: OCI_CONFIG, digest: digestNo(1), size: 1 }
  return { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [descriptor(2)], ...more }
}

export function index(more: object = {}): Record<string, unknown> {
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [descriptor(3)], ...more }
}

export function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
}
