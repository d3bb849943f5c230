import { type Client, createClient } from 'ocikit/client'
import { dockerCredentials } from 'ocikit/node'
import {
  type Descriptor,
  type Digest,
  type ImageReference,
  parseManifest,
  parseRelativeReference,
} from 'ocikit/oci'

/** Copies an image, or all images of an index, from one registry to another: `node copy.ts FROM TO`. */

const [from, to] = process.argv.slice(2).map(parseRelativeReference)
if (!from || !to) throw new Error('usage: node copy.ts FROM TO, for example alpine:3 localhost:5000/alpine:3')

const clientOf = ({ host }: ImageReference): Client =>
  createClient(host, {
    credentials: dockerCredentials(),
    onWarning: (text) => console.warn(`${host}: ${text}`),
  })
const [source, target] = [clientOf(from), clientOf(to)]

const copied = await copyManifest(from.digest ?? from.tag ?? 'latest', to.tag ?? 'latest')
console.log(`copied ${copied.digest}`)

/** What a manifest refers to first, then the manifest: so nobody ever sees half an image. */
async function copyManifest(reference: string, tag?: string): Promise<Descriptor> {
  const { descriptor, bytes } = await source.getManifest(from!.repository, reference)
  for (const { digest, kind, foreign } of parseManifest(bytes, descriptor.mediaType).references) {
    if (kind === 'child') await copyManifest(digest)
    else if (!foreign) await copyBlob(digest)
  }
  const tags = tag === undefined ? {} : { tags: [tag] }
  await target.pushManifest(to!.repository, bytes, descriptor.mediaType, {
    digest: descriptor.digest,
    ...tags,
  })
  return descriptor
}

/** Bytes stream from one to the other, unless they are there already. */
async function copyBlob(digest: Digest): Promise<void> {
  if (await target.resolveBlob(to!.repository, digest).catch(() => null)) return
  const content = await source.getBlob(from!.repository, digest)
  await target.pushBlob(to!.repository, { digest, size: content.descriptor.size }, content.stream())
  console.log(`${content.descriptor.size} bytes of ${digest}`)
}
