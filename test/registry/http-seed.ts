import type { TestRegistry } from '../../src/testing/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import {
  configOf,
  descriptorOf,
  imageOf,
  indexOf,
  textOf,
  unknownDigest,
} from '../../src/testing/registry/samples.ts'

/** What the rows are sent to, and what their placeholders stand for. */
export interface Seeded {
  readonly registry: TestRegistry
  readonly names: Readonly<Record<string, string>>
}

/** A registry that holds a blob, an image under two tags, a referrer of it and two uploads in `a/b`. */
export async function seeded(): Promise<Seeded> {
  const test = testRegistry()
  const { registry } = test
  const blob = await textOf('hello world')
  const config = await configOf('http rows')
  for (const { digest, bytes } of [blob, config]) await registry.pushBlob('a/b', { digest }, bytes)
  const image = await imageOf(config, [blob])
  await registry.pushManifest('a/b', image.bytes, image.mediaType, { tags: ['latest', 'v1'] })
  const artifactType = 'application/vnd.example.sbom'
  const sbom = await indexOf([], { artifactType, subject: descriptorOf(image) })
  await registry.pushManifest('a/b', sbom.bytes, sbom.mediaType)
  const index = await indexOf([image])
  const child = { ...image, digest: await unknownDigest() }
  const missing = await indexOf([image, child])
  await registry.pushManifest('c', (await indexOf([])).bytes, index.mediaType, { tags: ['latest'] })
  const session = await registry.startUpload('a/b')
  const other = await registry.startUpload('a/b')
  const three = await registry.writeUpload('a/b', other.id, new TextEncoder().encode('hel'))
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
  const names = {
    blob: blob.digest,
    hello: (await textOf('hello')).digest,
    image: image.digest,
    imageSize: String(image.bytes.length),
    index: text(index.bytes),
    indexDigest: index.digest,
    indexMissing: text(missing.bytes),
    sbomDescriptor: JSON.stringify({ ...descriptorOf(sbom), artifactType }),
    session: `/v2/a/b/blobs/uploads/${session.id}`,
    session3: `/v2/a/b/blobs/uploads/${three.id}`,
    tooLong: ' '.repeat(4 * 1024 * 1024 + 1),
    unknown: await unknownDigest(),
  }
  return { registry: test, names }
}
