/**
 * What tags named when the upstream was asked last. It is forgotten with the process: then it is asked once more.
 * @module
 */

import type { Descriptor, Digest, Tag } from '../oci/index.ts'

/** What is known of tags. */
export interface SeenTags {
  /** What a tag names, if that was seen within the time that it is good for. @throws what was, for a tag that is not there. */
  recent(repo: string, tag: Tag): Descriptor | null
  /** What a tag named when it was last seen; `null` if it was not there. */
  last(repo: string, tag: Tag): Descriptor | null
  /** The error of a tag that was not there. */
  missing(repo: string, tag: Tag): Error | null
  /** Whether the tag of the store was seen to name this. */
  isStored(repo: string, tag: Tag, digest: Digest): boolean
  setStored(repo: string, tag: Tag, digest: Digest): void
  set(repo: string, tag: Tag, descriptor: Descriptor): void
  setMissing(repo: string, tag: Tag, error: Error): void
}

interface Seen {
  readonly at: number
  readonly descriptor?: Descriptor
  readonly error?: Error
  stored?: boolean
}

/** Tags that are remembered: about 10 MB. */
const MAX_TAGS = 20_000
/** What is not there may be pushed at any moment, and somebody waits for it then. */
const MISSING_TTL = 5000

/** @param ttl Milliseconds that a tag is good for. */
export function rememberTags(now: () => number, ttl: number): SeenTags {
  const tags = new Map<string, Seen>()
  const remember = (repo: string, tag: Tag, seen: Seen): void => {
    const name = nameOf(repo, tag)
    tags.delete(name)
    if (tags.size >= MAX_TAGS) tags.delete(tags.keys().next().value!)
    tags.set(name, seen)
  }
  const seenOf = (repo: string, tag: Tag): Seen | undefined => tags.get(nameOf(repo, tag))
  return {
    recent(repo, tag) {
      const seen = seenOf(repo, tag)
      const good = seen?.error ? Math.min(ttl, MISSING_TTL) : ttl
      if (!seen || now() - seen.at >= good) return null
      if (seen.error) throw seen.error
      return seen.descriptor!
    },
    last: (repo, tag) => seenOf(repo, tag)?.descriptor ?? null,
    missing: (repo, tag) => seenOf(repo, tag)?.error ?? null,
    isStored(repo, tag, digest) {
      const seen = seenOf(repo, tag)
      return seen?.stored === true && seen.descriptor?.digest === digest
    },
    setStored(repo, tag, digest) {
      const seen = seenOf(repo, tag)
      if (seen?.descriptor?.digest === digest) seen.stored = true
    },
    set: (repo, tag, descriptor) => remember(repo, tag, { at: now(), descriptor }),
    setMissing: (repo, tag, error) => remember(repo, tag, { at: now(), error }),
  }
}

function nameOf(repo: string, tag: Tag): string {
  return `${repo}:${tag}`
}
