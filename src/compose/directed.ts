/**
 * A registry whose calls go to the one that is found for each: what most compositions are made of.
 * @module
 */

import { orRelease } from '../content.ts'
import { RegistryError } from '../oci/index.ts'
import type { CallOptions, Registry, Writer } from '../registry.ts'

/** What a call wants of a repository. */
export type AccessKind = 'read' | 'write' | 'delete' | 'list'

/** Where a call goes. */
export interface Target {
  /** The registry. */
  readonly registry: Registry
  /** The repository as it is called there. */
  readonly repo: string
}

/** Finds where a call goes. @throws what the call fails with. */
export type Find = (
  repo: string,
  kind: AccessKind,
  options: CallOptions | undefined,
) => Target | Promise<Target>

/**
 * All methods that are about one repository, each written out: what is added to the contract is not let through.
 * @param back What a repository of the other registry is called here; null if it is not seen here. Absent: that is not
 *   known, so that nothing is mounted without a source.
 */
export function directed(find: Find, back?: (repo: string) => string | null): Omit<Registry, 'repositories'> {
  return {
    async getBlob(repo, digest, options) {
      const to = await find(repo, 'read', options)
      return to.registry.getBlob(to.repo, digest, options)
    },
    async resolveBlob(repo, digest, options) {
      const to = await find(repo, 'read', options)
      return to.registry.resolveBlob(to.repo, digest, options)
    },
    async getManifest(repo, reference, options) {
      const to = await find(repo, 'read', options)
      return to.registry.getManifest(to.repo, reference, options)
    },
    async resolveManifest(repo, reference, options) {
      const to = await find(repo, 'read', options)
      return to.registry.resolveManifest(to.repo, reference, options)
    },
    ...writing(find),
    mountBlob: mounting(find, back),
    async deleteBlob(repo, digest, options) {
      const to = await find(repo, 'delete', options)
      await to.registry.deleteBlob(to.repo, digest, options)
    },
    async deleteManifest(repo, digest, options) {
      const to = await find(repo, 'delete', options)
      await to.registry.deleteManifest(to.repo, digest, options)
    },
    async deleteTag(repo, tag, options) {
      const to = await find(repo, 'delete', options)
      await to.registry.deleteTag(to.repo, tag, options)
    },
    async *tags(repo, options) {
      const to = await find(repo, 'list', options)
      yield* to.registry.tags(to.repo, options)
    },
    async *referrers(repo, subject, options) {
      const to = await find(repo, 'list', options)
      yield* to.registry.referrers(to.repo, subject, options)
    },
  }
}

function writing(find: Find): Omit<Writer, 'mountBlob'> {
  return {
    pushBlob: (repo, blob, body, options) =>
      orRelease(body, async () => {
        const to = await find(repo, 'write', options)
        return to.registry.pushBlob(to.repo, blob, body, options)
      }),
    async startUpload(repo, options) {
      const to = await find(repo, 'write', options)
      return to.registry.startUpload(to.repo, options)
    },
    async uploadStatus(repo, id, options) {
      const to = await find(repo, 'write', options)
      return to.registry.uploadStatus(to.repo, id, options)
    },
    writeUpload: (repo, id, body, options) =>
      orRelease(body, async () => {
        const to = await find(repo, 'write', options)
        return to.registry.writeUpload(to.repo, id, body, options)
      }),
    finishUpload: (repo, id, digest, options) =>
      orRelease(options?.body, async () => {
        const to = await find(repo, 'write', options)
        return to.registry.finishUpload(to.repo, id, digest, options)
      }),
    async cancelUpload(repo, id, options) {
      const to = await find(repo, 'write', options)
      await to.registry.cancelUpload(to.repo, id, options)
    },
    async pushManifest(repo, bytes, mediaType, options) {
      const to = await find(repo, 'write', options)
      return to.registry.pushManifest(to.repo, bytes, mediaType, options)
    },
  }
}

/** A mount reads its source as well, and that has to be in the same registry. */
function mounting(find: Find, back: ((repo: string) => string | null) | undefined): Registry['mountBlob'] {
  return async (repo, digest, { from, mayRead, ...options } = {}) => {
    const to = await find(repo, 'write', options)
    const source = from === undefined ? null : await orNull(find(from, 'read', options))
    if (from !== undefined) {
      if (source?.registry !== to.registry) return null
      return to.registry.mountBlob(to.repo, digest, { ...options, from: source.repo })
    }
    if (!mayRead || !back) return null
    const seen = async (name: string): Promise<boolean> => {
      const here = back(name)
      return here !== null && (await orNull(find(here, 'read', options))) !== null && mayRead(here)
    }
    return to.registry.mountBlob(to.repo, digest, { ...options, mayRead: seen })
  }
}

/** A source that must not be read is one from which nothing is mounted. */
async function orNull(found: Target | Promise<Target>): Promise<Target | null> {
  try {
    return await found
  } catch (error) {
    if (error instanceof RegistryError && error.status < 500) return null
    throw error
  }
}
