import { isIndexType } from '../../../src/oci/index.ts'
import type { Manifest } from '../../../src/registry.ts'
import { choosePlatform, parsePlatform } from '../../../src/transfer/index.ts'
import type { ImageLocation } from './location.ts'

/** The manifest of a location; of an index with a platform that of its image. */
export async function manifestOf(
  { registry, repository, reference }: ImageLocation,
  platform: string | undefined,
): Promise<Manifest> {
  const found = await registry.getManifest(repository, reference)
  if (platform === undefined || !isIndexType(found.descriptor.mediaType)) return found
  return registry.getManifest(repository, choosePlatform(found.bytes, parsePlatform(platform)))
}
