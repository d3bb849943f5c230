import { digestOf } from '../hash/index.ts'
import { algorithmOf, type Digest, RegistryError, type Tag } from '../oci/index.ts'
import { type CallOptions, defineRegistry, type Registry } from '../registry.ts'
import { directed } from './directed.ts'

/**
 * A registry whose tags never move and from which nothing is deleted: both are `DENIED` (403). Pushing what a tag
 * names already succeeds.
 *
 * A tag that cannot be looked up is not taken for a free one. Pushes through one value take turns; another process may
 * still set a tag between the look and the push, which is then found out and reported.
 */
export function immutable(inner: Registry): Registry {
  const {
    deleteBlob: _,
    deleteManifest: __,
    deleteTag: ___,
    ...passed
  } = directed(
    (repo) => ({ registry: inner, repo }),
    (repo) => repo,
  )
  /** The last push of a tag that waits, by repository. */
  const turns = new Map<string, Promise<unknown>>()
  return defineRegistry({
    ...passed,
    repositories: (options) => inner.repositories(options),
    pushManifest(repo, bytes, mediaType, options = {}) {
      const push = async () => {
        const { tags = [], digest, ...call } = options
        const found = await digestOf(digest === undefined ? 'sha256' : algorithmOf(digest), bytes)
        for (const tag of tags) await requireFree(inner, repo, tag, found, call)
        const pushed = await inner.pushManifest(repo, bytes, mediaType, options)
        for (const tag of tags) await requireFree(inner, repo, tag, found, call)
        return pushed
      }
      if (!options.tags || options.tags.length === 0)
        return inner.pushManifest(repo, bytes, mediaType, options)
      const mine = (turns.get(repo) ?? Promise.resolve()).then(push, push)
      turns.set(repo, mine)
      const leave = (): void => {
        if (turns.get(repo) === mine) turns.delete(repo)
      }
      mine.then(leave, leave)
      return mine
    },
    deleteBlob: () => Promise.reject(denied('blobs')),
    deleteManifest: () => Promise.reject(denied('manifests')),
    deleteTag: () => Promise.reject(denied('tags')),
  })
}

async function requireFree(
  inner: Registry,
  repo: string,
  tag: Tag,
  digest: Digest,
  call: CallOptions,
): Promise<void> {
  let found: Digest
  try {
    found = (await inner.resolveManifest(repo, tag, call)).digest
  } catch (error) {
    if (error instanceof RegistryError && ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN'].includes(error.code)) return
    throw error
  }
  if (found !== digest)
    throw new RegistryError('DENIED', `the tag ${tag} names another manifest, and tags do not move here`, {
      detail: { tag, digest: found },
    })
}

function denied(what: string): RegistryError {
  return new RegistryError('DENIED', `${what} cannot be deleted here`)
}
