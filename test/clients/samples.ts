/**
 * The images most clients get to push.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { type Descriptor, describeBytes, json, Layout } from './images.ts'

/** Size of a layer that fits into no buffer: 200 MiB. */
export const bigSize = 200 * 1024 * 1024

/** A layout with the tags `image` (two layers), `index` (two platforms) and `empty` (a layer of no bytes). */
export interface Samples {
  readonly layout: Layout
  readonly image: Descriptor
  readonly index: Descriptor
  readonly empty: Descriptor
}

/** Writes the samples to a folder. */
export async function makeSamples(folder: string): Promise<Samples> {
  const layout = new Layout(folder)
  const base = await layout.layer({ hello: 'hello' })
  const image = await layout.image([base, await layout.layer({ world: 'world' })])
  const other = await layout.image([base, await layout.layer({ world: 'arm' })], 'arm64')
  const index = await layout.index([image, other])
  const empty = await layout.image([base, await layout.emptyLayer()])
  await layout.tag('image', image)
  await layout.tag('index', index)
  await layout.tag('empty', empty)
  return { layout, image, index, empty }
}

/** An artifact about an image: its manifest, and the blobs it names. */
export interface Referrer {
  readonly bytes: Buffer
  readonly descriptor: Descriptor
  readonly blobs: readonly { readonly bytes: Buffer; readonly descriptor: Descriptor }[]
}

/** Makes an artifact about `subject`. */
export function makeReferrer({ mediaType, digest, size }: Descriptor, artifactType: string): Referrer {
  const blobs = [
    { bytes: json({}), mediaType: 'application/vnd.oci.empty.v1+json' },
    { bytes: randomBytes(256), mediaType: 'application/octet-stream' },
  ].map((blob) => ({ bytes: blob.bytes, descriptor: describeBytes(blob.bytes, blob.mediaType) }))
  const [config, ...layers] = blobs.map((blob) => blob.descriptor)
  const manifestType = 'application/vnd.oci.image.manifest.v1+json'
  const subject = { mediaType, digest, size }
  const bytes = json({ schemaVersion: 2, mediaType: manifestType, artifactType, config, layers, subject })
  return { bytes, descriptor: { ...describeBytes(bytes, manifestType), artifactType }, blobs }
}
