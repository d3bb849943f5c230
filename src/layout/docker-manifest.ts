/**
 * The `manifest.json` that `docker load` wants beside a layout.
 * @module
 */

import { isIndexType, OCI_CONFIG, type Tag } from '../oci/index.ts'
import type { Reader } from '../registry.ts'
import { blobFile } from './core.ts'

const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'

interface Body {
  readonly config: { readonly mediaType: string; readonly digest: `${string}:${string}` }
  readonly layers: readonly { readonly digest: `${string}:${string}` }[]
  readonly manifests: readonly {
    readonly digest: `${string}:${string}`
    readonly platform?: { readonly os?: string }
  }[]
}

/**
 * Lists the images of a layout as `docker save` does, with the files of their configuration and layers: of an index its
 * first image for Linux. Other artifacts are left out.
 *
 * @param name What the images are called, before their tags.
 */
export async function dockerManifest(
  registry: Reader,
  repository: string,
  tags: readonly Tag[],
  name: string = repository,
): Promise<Uint8Array> {
  const images = []
  for (const tag of tags) {
    const body = await imageOf(registry, repository, tag)
    if (!body) continue
    images.push({
      Config: blobFile(body.config.digest),
      RepoTags: [`${name}:${tag}`],
      Layers: body.layers.map(({ digest }) => blobFile(digest)),
    })
  }
  return new TextEncoder().encode(JSON.stringify(images))
}

async function imageOf(registry: Reader, repository: string, reference: string): Promise<Body | null> {
  const found = await registry.getManifest(repository, reference).catch(() => null)
  if (!found) return null
  const body = JSON.parse(new TextDecoder().decode(found.bytes)) as Body
  if (!isIndexType(found.descriptor.mediaType))
    return [OCI_CONFIG, DOCKER_CONFIG].includes(body.config.mediaType) ? body : null
  const child = body.manifests.find(({ platform }) => platform?.os === 'linux')
  return child ? imageOf(registry, repository, child.digest) : null
}
