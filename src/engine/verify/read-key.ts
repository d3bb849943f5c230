/**
 * Keys as they are found, back into what they are the keys of. A key that is not exactly as `keys.ts` spells it is none.
 * @module
 */

import { type Digest, isContentDigest, isDigest, isName, isTag, type Tag } from '../../oci/index.ts'
import {
  catalogKey,
  catalogName,
  LINKS,
  linkPrefix,
  manifestDigest,
  manifestKey,
  parseTaggedKey,
  REPOSITORIES,
  referrersPrefix,
  taggedKey,
  tagKey,
  tagPrefix,
} from '../keys.ts'

/** The blob of a key of `linkKey`; `null` if it is none. */
export function readLinkKey(key: string): Digest | null {
  const [algorithm = '', , last = ''] = key.slice(LINKS.length).split('/')
  const digest: Digest = `${algorithm}:${last.slice(0, last.indexOf('.'))}`
  if (!isStored(digest)) return null
  const prefix = linkPrefix(digest)
  return key.startsWith(prefix) && /^[0-9a-f]{32}$/.test(key.slice(prefix.length)) ? digest : null
}

/** The repository of a key of `catalogKey`; `null` if it is none. */
export function readCatalogKey(key: string): string | null {
  const name = catalogName(key)
  return isName(name) && catalogKey(name) === key ? name : null
}

/** What a repository keeps. */
export type RepositoryKey =
  | { readonly kind: 'manifest'; readonly repo: string; readonly digest: Digest }
  | { readonly kind: 'tag'; readonly repo: string; readonly tag: Tag }
  | { readonly kind: 'reverse'; readonly repo: string }
  | { readonly kind: 'referrer'; readonly repo: string; readonly subject: Digest; readonly digest: Digest }

/** What a key below `repositories/` is of; `null` if it is none of ours. */
export function readRepositoryKey(key: string): RepositoryKey | null {
  const repo = key.slice(REPOSITORIES.length, key.indexOf('/_'))
  if (!isName(repo)) return null
  const digest = manifestDigest(repo, key)
  if (isStored(digest) && manifestKey(repo, digest) === key) return { kind: 'manifest', repo, digest }
  const tag = key.slice(tagPrefix(repo).length)
  if (isTag(tag) && tagKey(repo, tag) === key) return { kind: 'tag', repo, tag }
  const reverse = parseTaggedKey(repo, key)
  if (isStored(reverse.digest) && isTag(reverse.tag) && taggedKey(repo, reverse.digest, reverse.tag) === key)
    return { kind: 'reverse', repo }
  return readReferrerKey(repo, key)
}

function readReferrerKey(repo: string, key: string): RepositoryKey | null {
  const prefix = referrersPrefix(repo)
  if (!key.startsWith(prefix)) return null
  const [algorithm, encoded, type, name = '', ...more] = key.slice(prefix.length).split('/')
  const [subject, digest] = [`${algorithm}:${encoded}` as Digest, name as Digest]
  if (!isDigest(subject) || !isStored(digest) || !/^[0-9a-f]{8}$/.test(type ?? '') || more.length > 0)
    return null
  return { kind: 'referrer', repo, subject, digest }
}

function isStored(digest: Digest): boolean {
  return isDigest(digest) && isContentDigest(digest)
}
