import { defineRegistry, type Registry } from '../registry.ts'

/**
 * A registry that can only be read: whatever would change it is `UNSUPPORTED` (405), also a mount; a body that comes with
 * it is cancelled.
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { readOnly } from 'ocikit/compose'
 *
 * const registry = readOnly(createStore({ storage: memory() }))
 * await registry.deleteTag('a', 'latest').catch((error) => console.log(error.code)) // UNSUPPORTED
 * ```
 */
export function readOnly(inner: Registry): Registry {
  return defineRegistry({
    getBlob: (repo, digest, options) => inner.getBlob(repo, digest, options),
    resolveBlob: (repo, digest, options) => inner.resolveBlob(repo, digest, options),
    getManifest: (repo, reference, options) => inner.getManifest(repo, reference, options),
    resolveManifest: (repo, reference, options) => inner.resolveManifest(repo, reference, options),
    tags: (repo, options) => inner.tags(repo, options),
    repositories: (options) => inner.repositories(options),
    referrers: (repo, subject, options) => inner.referrers(repo, subject, options),
  })
}
