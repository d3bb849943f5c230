/**
 * Every key and place that the engine uses, but for those of quotas (`usage/keys.ts`): nothing else spells one.
 *
 * Links are filed under the digest, so that one listing tells who has a blob. User text never comes first in
 * a segment of ours: names of repositories cannot begin with `_` (distribution-spec, "Pulling manifests").
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { type Algorithm, type Digest, encodedOf, MAX_NAME_LENGTH, type Tag } from '../oci/index.ts'

/** What authenticators keep beside the registry, each record as JSON. */
export const AUTH = 'auth/'

/** What a registry needs to go on after a restart. */
export const CONFIG = 'config/'

/** Signing keys of upload ids. */
export const SIGNING_KEYS: string = `${CONFIG}keys`

/** The longest tail that follows a repository's name: a referrer by sha512 of a subject by sha512. */
const LONGEST_TAIL = '/_referrers/sha512//12345678/sha512:'.length + 2 * 128
/** Longest name whose keys fit into `maxKey` bytes. */
export function maxNameLength(maxKey: number): number {
  return Math.min(MAX_NAME_LENGTH, maxKey - REPOSITORIES.length - LONGEST_TAIL)
}

/** All catalog entries. */
export const CATALOG = 'catalog/'

/** Says that a repository exists. The `!` sorts below `-`, `.` and `/`, so that names list in bytewise order. */
export function catalogKey(name: string): string {
  return `${CATALOG}${name}!`
}

/** The name in a catalog key. */
export function catalogName(key: string): string {
  return key.slice(CATALOG.length, -1)
}

/** All links. */
export const LINKS = 'blobs/'

/** All links of the blobs of a part. */
export function linkPartPrefix(algorithm: Algorithm, part: string): string {
  return `${LINKS}${algorithm}/${part}/`
}

/** All links of a blob, in every repository. */
export function linkPrefix(digest: Digest): string {
  const hex = encodedOf(digest)
  return `${LINKS}${algorithm(digest)}/${hex.slice(0, 2)}/${hex}.`
}

/** The link that makes a blob readable in a repository. */
export function linkKey(name: string, digest: Digest): string {
  return linkPrefix(digest) + bytesToHex(sha256(utf8ToBytes(name))).slice(0, 32)
}

/** All manifests of a repository. */
export function manifestPrefix(name: string): string {
  return `${repository(name)}_manifests/`
}

/** A manifest: header line and bytes. */
export function manifestKey(name: string, digest: Digest): string {
  return `${manifestPrefix(name)}${algorithm(digest)}/${encodedOf(digest)}`
}

/** The digest in a key of {@link manifestKey}. */
export function manifestDigest(name: string, key: string): Digest {
  return key.slice(manifestPrefix(name).length).replace('/', ':') as Digest
}

/** All tags of a repository. */
export function tagPrefix(name: string): string {
  return `${repository(name)}_tags/`
}

/** All manifests, tags and referrers. */
export const REPOSITORIES = 'repositories/'

/** All keys of the repositories that a quota covers. */
export function repositoriesPrefix(quota: string): string {
  return quota === '*' ? REPOSITORIES : repository(quota)
}

/** The repository of a key of {@link manifestKey}; `null` for other keys of a repository. */
export function manifestRepository(key: string): string | null {
  return /^repositories\/(.+)\/_manifests\/[^/]+\/[^/]+$/.exec(key)?.[1] ?? null
}

/** A tag. */
export function tagKey(name: string, tag: Tag): string {
  return tagPrefix(name) + tag
}

/** The tag in a key of {@link tagKey}. */
export function tagName(key: string): Tag {
  return key.slice(key.lastIndexOf('/') + 1) as Tag
}

/** All reverse keys of a repository. */
export function reversePrefix(name: string): string {
  return `${repository(name)}_tagged/`
}

/** All tags that ever named a digest. */
export function taggedPrefix(name: string, digest: Digest): string {
  return `${reversePrefix(name)}${algorithm(digest)}/${encodedOf(digest)}/`
}

/** The reverse of a tag: may be stale, is never missing. */
export function taggedKey(name: string, digest: Digest, tag: Tag): string {
  return taggedPrefix(name, digest) + tag
}

/** Reads a key of {@link taggedKey}. */
export function parseTaggedKey(name: string, key: string): { digest: Digest; tag: Tag } {
  const [algorithm, encoded, tag = ''] = key.slice(reversePrefix(name).length).split('/')
  return { digest: `${algorithm}:${encoded}`, tag }
}

/** All referrers of a repository. */
export function referrersPrefix(name: string): string {
  return `${repository(name)}_referrers/`
}

/** All referrers of a subject; with an artifact type, only those that may have it. */
export function referrerPrefix(name: string, subject: Digest, artifactType?: string): string {
  const all = `${referrersPrefix(name)}${algorithm(subject)}/${encodedOf(subject)}/`
  return artifactType === undefined ? all : `${all}${type8(artifactType)}/`
}

/** One referrer of a subject. */
export function referrerKey(name: string, subject: Digest, artifactType: string, digest: Digest): string {
  return referrerPrefix(name, subject, artifactType) + digest
}

/** The referrer in a key of {@link referrerKey}. */
export function referrerDigest(key: string): Digest {
  return key.slice(key.lastIndexOf('/') + 1) as Digest
}

/** The first eight hex digits of an artifact type's hash: a filter is a prefix. */
export function type8(artifactType: string): string {
  return bytesToHex(sha256(utf8ToBytes(artifactType))).slice(0, 8)
}

/** All upload sessions. */
export const UPLOADS = 'uploads/'

/** All keys of a session. The hour comes from its id, so that expiry lists old hours only. */
export function sessionPrefix(time: number, id: string): string {
  return `${UPLOADS}${hour(time)}/${id}/`
}

/** A key of a session: an attempt begins (`a`), lives (`h`) or has ended (`z`). */
export function attemptKey(prefix: string, n: number, what: 'a' | 'h' | 'z'): string {
  return `${prefix}${String(n).padStart(8, '0')}${what}`
}

/** Reads a key of {@link attemptKey}. */
export function parseAttemptKey(key: string): { session: string; n: number; what: string } {
  const [, , session = '', last = ''] = key.split('/')
  return { session, n: Number(last.slice(0, -1)), what: last.slice(-1) }
}

/** The hour of a time as it stands in keys: `yyyymmddhh`, UTC. */
export function hour(time: number): string {
  return new Date(time).toISOString().slice(0, 13).replace(/[-T]/g, '')
}

/** What the collector knows. */
export const GC = 'gc/'

/** Links to judge, bytes that may be unlinked, and bytes that were. */
export type NoteKind = 'refs' | 'content' | 'unlinked'

/** All notes of a kind for the collector. */
export function notePrefix(kind: NoteKind): string {
  return `${GC}${kind}/`
}

/** A note for the collector, which looks at it when the hour of `time` has come. */
export function noteKey(kind: NoteKind, time: number, random: string): string {
  return `${notePrefix(kind)}${hour(time)}/${random}`
}

/** The hour in a key of {@link noteKey}. */
export function noteHour(key: string): string {
  return key.split('/')[2] ?? ''
}

/** What a check has set aside. */
export const DAMAGED = 'damaged/'

/** Where a record lies that was set aside, by its key and something that its value tells. */
export function damagedKey(key: string, value: string): string {
  return `${DAMAGED}${key}.${value}`
}

/** The key that a record of {@link damagedKey} had. */
export function undamagedKey(key: string): string {
  return key.slice(DAMAGED.length, key.lastIndexOf('.'))
}

/** What retention knows of all repositories. */
export const RETENTION: string = `${GC}retention`

/** What retention knows of a repository. The `!` keeps it apart from those below it. */
export function retainedKey(name: string): string {
  return `${GC}retained/${name}!`
}

/** Says which collector is at work. */
export const LEASE: string = `${GC}lease`

/** What webhooks have to send, for each receiver: `webhooks/keys.ts`. */
export const OUTBOX = 'outbox/'

/** What the repositories of each quota keep. */
export const USAGE = 'usage/'

/** Where all bytes lie. */
export const CONTENTS = 'content/'
/** Where the bytes of an attempt lie when its digest is known. */
export function blobPlace(digest: Digest, id: string, n: number): string {
  const hex = encodedOf(digest)
  return `${CONTENTS}${algorithm(digest)}/${hex.slice(0, 2)}/${hex}.${id}-${n}`
}

/** Where the bytes of a session lie while its digest is not known. */
export function sessionPlace(id: string, n: number): string {
  // The id begins with the time; its last two digits are random and spread the folders.
  return `${CONTENTS}-/${id.slice(-2)}/${id}-${n}`
}

/** Where bytes of a session wait that are too few for a piece. */
export function tailPlace(id: string, n: number): string {
  return `${sessionPlace(id, n)}t`
}

/** The session that has named a place; `null` if none has. */
export function sessionOf(place: string): string | null {
  return /[./]([0-9a-f]{32})-\d+t?$/.exec(place)?.[1] ?? null
}

function repository(name: string): string {
  return `${REPOSITORIES}${name}/`
}

function algorithm(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':'))
}
