/** Images of two platforms, with what refers to them. */

import { OCI_CONFIG, OCI_MANIFEST, type Tag } from '../../src/oci/index.ts'
import type { Registry } from '../../src/registry.ts'
import {
  descriptorOf,
  imageOf,
  manifestOf,
  type Sample,
  sampleOf,
  textOf,
} from '../../src/testing/registry/samples.ts'
import { noise } from '../../src/testing/storage/scope.ts'

export interface TestImage {
  /** Each once. */
  readonly blobs: readonly Sample[]
  /** For linux/amd64 and linux/arm64. */
  readonly images: readonly [Sample, Sample]
  readonly index: Sample
  /** A signature of the index, one of that, and one of the second image. */
  readonly referrers: readonly Sample[]
}

/** An image that no other number has. */
export async function makeImage(no: number, size = 3000): Promise<TestImage> {
  const shared = await sampleOf(noise(size, 1000 * no))
  const platforms = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture, i) => {
      const config = await textOf(
        JSON.stringify({ os: 'linux', architecture, author: String(no) }),
        OCI_CONFIG,
      )
      const layer = await sampleOf(noise(size / 2, 1000 * no + i + 1))
      const image = await imageOf(config, [shared, layer])
      return { blobs: [config, layer], image, platform: { os: 'linux', architecture } }
    }),
  )
  const [one, two] = platforms as [(typeof platforms)[0], (typeof platforms)[0]]
  const manifests = platforms.map(({ image, platform }) => ({ ...descriptorOf(image), platform }))
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const index = await manifestOf({ mediaType, manifests }, mediaType)
  const empty = await textOf('{}', 'application/vnd.oci.empty.v1+json')
  const about = (subject: Sample, name: string): Promise<Sample> =>
    manifestOf(
      {
        mediaType: OCI_MANIFEST,
        artifactType: `test/${name}`,
        config: descriptorOf(empty),
        layers: [],
        subject: descriptorOf(subject),
      },
      OCI_MANIFEST,
    )
  const signature = await about(index, 'signature')
  const referrers = [signature, await about(signature, 'stamp'), await about(two.image, 'list')]
  const blobs = [shared, ...platforms.flatMap((each) => each.blobs), empty]
  return { blobs, images: [one.image, two.image], index, referrers }
}

/** Puts an image into a repository. */
export async function fill(
  registry: Registry,
  repo: string,
  { blobs, images, index, referrers }: TestImage,
  tags: readonly Tag[] = ['v1'],
): Promise<void> {
  for (const { digest, bytes } of blobs) await registry.pushBlob(repo, { digest, size: bytes.length }, bytes)
  for (const { bytes, mediaType, digest } of [...images, ...referrers])
    await registry.pushManifest(repo, bytes, mediaType, { digest })
  await registry.pushManifest(repo, index.bytes, index.mediaType, { tags })
}

/** What is missing of some samples, by digest. */
export async function missingOf(
  registry: Registry,
  repo: string,
  { blobs = [], manifests = [] }: { blobs?: readonly Sample[]; manifests?: readonly Sample[] },
): Promise<string[]> {
  const missing: string[] = []
  for (const { digest } of blobs) {
    const found = await registry.resolveBlob(repo, digest).catch(() => null)
    if (!found) missing.push(digest)
  }
  for (const { digest } of manifests) {
    const found = await registry.getManifest(repo, digest).catch(() => null)
    if (!found) missing.push(digest)
  }
  return missing
}

/** All that a list gives. */
export async function listed<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of list) all.push(each)
  return all
}
