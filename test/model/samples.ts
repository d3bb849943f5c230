/**
 * What the clients of a test case push: three blobs, four manifests, and chunks of uploads. The first session
 * is fed with chunks that make up those very blobs, the second with bytes that nobody else has.
 * @module
 */

import { createHash } from 'node:crypto'
import { type Descriptor, type Digest, OCI_INDEX, OCI_MANIFEST } from '../../src/oci/index.ts'

export const REPOS = ['one', 'two/deep'] as const
export const TAGS = ['latest', 'v1'] as const
export const BLOBS: readonly Uint8Array[] = ['aa', 'aabb', 'bb'].map(text)
/** Nobody ever pushes what this is the digest of. */
export const WRONG = digestOf(text('never pushed'))

const SHARED = ['aa', 'bb', 'aabb']

/** The bytes of a chunk; `unique` makes those of the second session its own. */
export function chunkOf(session: number, chunk: number, unique: number): Uint8Array {
  return text(session === 0 ? SHARED[chunk]! : `<${unique}:${'x'.repeat(chunk)}>`)
}

export interface SampleManifest {
  readonly bytes: Uint8Array
  readonly digest: Digest
  readonly mediaType: string
  /** Numbers of the blobs that it needs. */
  readonly blobs: readonly number[]
  /** Numbers of the manifests that it needs. */
  readonly children: readonly number[]
  readonly subject?: number
}

const image = (blobs: readonly number[], subject?: Descriptor) => ({
  schemaVersion: 2,
  mediaType: OCI_MANIFEST,
  config: blobDescriptor(blobs[0]!),
  layers: blobs.slice(1).map(blobDescriptor),
  ...(subject ? { subject } : {}),
})
const first = manifest(image([0]), { blobs: [0] })
const subject = { mediaType: OCI_MANIFEST, digest: first.digest, size: first.bytes.length }

export const MANIFESTS: readonly SampleManifest[] = [
  first,
  manifest(image([0, 1]), { blobs: [0, 1] }),
  manifest(image([2], subject), { blobs: [2], subject: 0 }),
  manifest({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [subject] }, { children: [0] }),
]

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

function blobDescriptor(blob: number): Descriptor {
  return { mediaType: 'application/octet-stream', digest: digestOf(BLOBS[blob]!), size: BLOBS[blob]!.length }
}

function manifest(
  fields: { schemaVersion: number; mediaType: string } & Record<string, unknown>,
  needs: { blobs?: number[]; children?: number[]; subject?: number },
): SampleManifest {
  const bytes = text(JSON.stringify(fields))
  const { mediaType } = fields
  return { bytes, digest: digestOf(bytes), mediaType, blobs: [], children: [], ...needs }
}
