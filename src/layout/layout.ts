/**
 * An image layout as a registry.
 * @module
 */

import { type Digest, parseName, type Tag } from '../oci/index.ts'
import { type CallOptions, defineRegistry, type Registry } from '../registry.ts'
import { type Core, stateOf } from './core.ts'
import type { LayoutFiles } from './files.ts'
import { listerOf, readerOf } from './read.ts'
import { sessionsOf } from './uploads.ts'
import { deleterOf, pushBlob, pushManifest } from './write.ts'

/** How a layout appears. */
export interface LayoutOptions {
  /** The name of the one repository that a layout is (`layout`). */
  readonly repository?: string
}

/** A layout as a registry. */
export interface Layout extends Registry {
  /** The manifests that `index.json` lists, with or without a tag; none where there is no layout yet. */
  roots(options?: CallOptions): Promise<readonly { readonly digest: Digest; readonly tag?: Tag }[]>
}

/**
 * An OCI image layout (image-spec, image-layout.md) as a registry with one repository.
 *
 * The tags are the names in `index.json` (`org.opencontainers.image.ref.name`); of a whole reference its tag. A name
 * that several manifests have is an error for who asks for it, and for nobody else. What an index leads to can be read by
 * digest. The index is read again when somebody else has changed it, and changed in place: what is not known here stays.
 * A manifest that loses its tag, or the index that it was in, stays there by its digest. Whole blobs are checked as they
 * are read, parts are not: wrong bytes end in `DIGEST_INVALID`, and a damaged manifest is none.
 *
 * Nothing is mounted. Layouts that can only be read answer `UNSUPPORTED`.
 *
 * @throws `RegistryError` `NAME_INVALID` for a name that is none.
 */
export function createLayout(files: LayoutFiles, { repository = 'layout' }: LayoutOptions = {}): Layout {
  const core: Core = {
    files,
    repository: parseName(repository),
    state: null,
    views: new Map(),
    remembered: 0,
  }
  const registry = defineRegistry({
    ...readerOf(core),
    ...listerOf(core),
    ...deleterOf(core),
    ...sessionsOf(core),
    pushBlob: (repo, blob, body, options) => pushBlob(core, repo, blob, body, options),
    pushManifest: (repo, bytes, mediaType, options) => pushManifest(core, repo, bytes, mediaType, options),
    mountBlob: async () => null,
  })
  return {
    ...registry,
    async roots(call) {
      const { index } = (await stateOf(core, call)) ?? { index: { entries: [] } }
      return index.entries.map(({ digest, tag }) => (tag === undefined ? { digest } : { digest, tag }))
    },
  }
}
