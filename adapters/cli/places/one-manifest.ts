import { isIndexType } from '../../../src/oci/index.ts'
import type { CallOptions, Manifest } from '../../../src/registry.ts'
import { choosePlatform, parsePlatform } from '../../../src/transfer/index.ts'
import type { ImageLocation } from './location.ts'

/** The manifest of a location; of an index with a platform that of its image. */
export async function manifestOf(
  { registry, repository, reference }: ImageLocation,
  platform: string | undefined,
  call: CallOptions = {},
): Promise<Manifest> {
  const found = await registry.getManifest(repository, reference, call)
  if (platform === undefined || !isIndexType(found.descriptor.mediaType)) return found
  return registry.getManifest(repository, choosePlatform(found.bytes, parsePlatform(platform)), call)
}
