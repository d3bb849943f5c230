import { digestOf } from '../hash/index.ts'
import { algorithmOf, type Digest, matchGlob, RegistryError, type Tag } from '../oci/index.ts'
import { type CallOptions, defineRegistry, type Registry } from '../registry.ts'
import { directed } from './directed.ts'

/** How many tags are looked at before others get their turn. */
const AT_ONCE = 100
const TAG_GLOB = /^[\w.*-]{1,128}$/

/**
 * A registry whose tags never move and from which nothing is deleted: both are `DENIED` (403). Pushing what a tag
 * names already succeeds.
 *
 * With globs this is about the tags that match one. Others move and go as usual, and manifests that no such tag names
 * can be deleted, which looks at all of them; blobs still cannot, as they may be needed. A manifest that only an index
 * or an untagged digest needs is not protected by its tag.
 *
 * A tag that cannot be looked up is not taken for a free one. Pushes through one value take turns; another process may
 * still set a tag between the look and the push, which is then found out and reported.
 *
 * @param globs Of tags, as in `v*`: `*` stands for any characters (all).
 * @throws TypeError for what is no glob of tags.
 */
export function immutable(inner: Registry, globs?: readonly string[]): Registry {
  const wrong = globs?.find((glob) => !TAG_GLOB.test(glob))
  if (wrong !== undefined) throw new TypeError(`${JSON.stringify(wrong)} is no glob over tags, as in v*`)
  const stays = (tag: Tag): boolean => !globs || globs.some((glob) => matchGlob(glob, tag))
  const { deleteBlob: _, ...passed } = directed(
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
        const { tags: all = [], digest, ...call } = options
        const tags = all.filter(stays)
        const found = await digestOf(digest === undefined ? 'sha256' : algorithmOf(digest), bytes)
        for (const tag of tags) await requireFree(inner, repo, tag, found, call)
        const pushed = await inner.pushManifest(repo, bytes, mediaType, options)
        for (const tag of tags) await requireFree(inner, repo, tag, found, call)
        return pushed
      }
      if (!options.tags?.some(stays)) return inner.pushManifest(repo, bytes, mediaType, options)
      const mine = (turns.get(repo) ?? Promise.resolve()).then(push, push)
      turns.set(repo, mine)
      const leave = (): void => {
        if (turns.get(repo) === mine) turns.delete(repo)
      }
      mine.then(leave, leave)
      return mine
    },
    deleteBlob: () => Promise.reject(denied('blobs')),
    async deleteManifest(repo, digest, options = {}) {
      if (!globs) throw denied('manifests')
      const tag = await tagOf(inner, repo, digest, stays, options)
      if (tag !== undefined)
        throw new RegistryError('DENIED', `the tag ${tag} names this manifest, and stays here`, {
          detail: { tag },
        })
      return inner.deleteManifest(repo, digest, options)
    },
    async deleteTag(repo, tag, options) {
      if (stays(tag)) throw denied(globs ? `the tag ${tag}` : 'tags')
      return inner.deleteTag(repo, tag, options)
    },
  })
}

/** A tag that stays and names a manifest, if there is one. */
async function tagOf(
  inner: Registry,
  repo: string,
  digest: Digest,
  stays: (tag: Tag) => boolean,
  call: CallOptions,
): Promise<Tag | undefined> {
  let looked = 0
  for await (const tag of inner.tags(repo, call)) {
    if (++looked % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve))
    if (stays(tag) && (await named(inner, repo, tag, call)) === digest) return tag
  }
  return undefined
}

async function requireFree(
  inner: Registry,
  repo: string,
  tag: Tag,
  digest: Digest,
  call: CallOptions,
): Promise<void> {
  const found = await named(inner, repo, tag, call)
  if (found !== undefined && found !== digest)
    throw new RegistryError('DENIED', `the tag ${tag} names another manifest, and tags do not move here`, {
      detail: { tag, digest: found },
    })
}

/** What a tag names, if it is there. */
async function named(
  inner: Registry,
  repo: string,
  tag: Tag,
  call: CallOptions,
): Promise<Digest | undefined> {
  try {
    return (await inner.resolveManifest(repo, tag, call)).digest
  } catch (error) {
    if (error instanceof RegistryError && ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN'].includes(error.code))
      return undefined
    throw error
  }
}

function denied(what: string): RegistryError {
  return new RegistryError('DENIED', `${what} cannot be deleted here`)
}
