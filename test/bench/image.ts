/**
 * An image to copy.
 * @module
 */

import { createHash } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { nodeFetch } from '../../adapters/node/index.ts'
import { createClient } from '../../src/client/index.ts'
import { type Descriptor, type Digest, OCI_CONFIG, OCI_MANIFEST } from '../../src/oci/index.ts'
import type { Payloads } from './payload.ts'

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** The repository of the image. */
export const IMAGE_REPOSITORY = 'bench/image'

/** Where an image is, as `host/name:tag`, and its layers. */
export interface PushedImage {
  readonly place: string
  readonly layers: readonly Digest[]
}

/** Pushes an image of some random layers, with the tag `v1`. */
export async function pushImage(
  url: string,
  payloads: Payloads,
  { layers, size }: { readonly layers: number; readonly size: number },
): Promise<PushedImage> {
  const client = createClient(url, { fetch: nodeFetch })
  const repo = IMAGE_REPOSITORY
  const text = (value: object): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(value))
  const config = text({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } })
  const digest: Digest = `sha256:${createHash('sha256').update(config).digest('hex')}`
  const descriptor = { mediaType: OCI_CONFIG, digest, size: config.length }
  await client.pushBlob(repo, descriptor, config)
  const pushed: Descriptor[] = []
  for (let i = 0; i < layers; i++) {
    const { file, ...blob } = await payloads.fresh(size)
    await client.pushBlob(repo, blob as { digest: Digest; size: number }, (await openAsBlob(file)).stream())
    pushed.push({ mediaType: LAYER, ...blob } as Descriptor)
  }
  const manifest = text({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptor, layers: pushed })
  await client.pushManifest(repo, manifest, OCI_MANIFEST, { tags: ['v1'] })
  return { place: `${new URL(url).host}/${repo}:v1`, layers: pushed.map(({ digest }) => digest) }
}
