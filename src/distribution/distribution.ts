/**
 * What CNCF distribution keeps, as a registry.
 * @module
 */

import { type CallOptions, defineRegistry, type Registry } from '../registry.ts'
import type { DistributionFiles } from './files.ts'
import { namesOf } from './list.ts'
import { REPOSITORIES } from './paths.ts'
import { readerOf } from './read.ts'
import { referrersOf } from './referrers.ts'

/** What distribution keeps, as a registry. */
export interface Distribution extends Registry {
  /** Whether it keeps anything here. A wrong folder or prefix looks like a registry without repositories otherwise. */
  isThere(options?: CallOptions): Promise<boolean>
}

/**
 * A registry to read of the files of CNCF distribution (`registry:2`, `registry:3`, Debian's docker-registry), which need
 * not run. What would change something is `UNSUPPORTED`.
 *
 * In a repository are those blobs and manifests that it has links to. Whole blobs are checked as they are read, parts are
 * not: wrong bytes end in `DIGEST_INVALID`; a manifest with wrong bytes is `MANIFEST_UNKNOWN`. Types of manifests, which
 * are not kept, come from their bytes, and so do referrers: the first list of those reads every manifest of the
 * repository. Folders are listed whole, and nothing is kept between calls but what manifests are about, so that a server
 * may still write.
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { distributionFolder } from 'ocikit/layout/fs'
 * import { sync } from 'ocikit/transfer'
 *
 * const old = distributionFolder('/var/lib/registry')
 * if (await old.isThere()) await sync(old, createStore({ storage: memory() }))
 * ```
 */
export function createDistribution(files: DistributionFiles): Distribution {
  const registry = defineRegistry({
    ...readerOf(files),
    ...namesOf(files),
    referrers: referrersOf(files),
  })
  return {
    ...registry,
    isThere: async (call) => (await files.folders(REPOSITORIES, call)).length > 0,
  }
}
