/**
 * References to images: `host/repository:tag@digest`, as people write them.
 *
 * Every check takes linear time, and its length is bounded before.
 * @module
 */

import { type Digest, parseDigest } from './digest.ts'
import { RegistryError } from './error.ts'
import { parseName, parseTag, type Tag } from './name.ts'

/** Where an image is. */
export interface ImageReference {
  /** Host name or address, with its port if one is given. */
  readonly host: string
  /** Repository. */
  readonly repository: string
  /** Tag, if one is given. */
  readonly tag?: Tag
  /** Digest, if one is given; it decides, whatever the tag. */
  readonly digest?: Digest
}

/** What people write for Docker Hub. */
export const DOCKER_HUB = 'docker.io'
/** Where the API of Docker Hub is. */
export const DOCKER_HUB_API = 'registry-1.docker.io'

/** Names of Docker Hub, the usual one first. */
export const DOCKER_HUB_HOSTS: readonly string[] = [
  DOCKER_HUB,
  'index.docker.io',
  DOCKER_HUB_API,
  'registry.hub.docker.com',
]

/** A host, a name, a tag and a digest, each as long as it may be, and what joins them. */
const MAX_LENGTH = 260 + 1 + 255 + 1 + 128 + 1 + 256
const MAX_HOST = 253
const LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/

/** Whether a host is Docker Hub, under any of its names. */
export function isDockerHub(host: string): boolean {
  return DOCKER_HUB_HOSTS.includes(host.toLowerCase())
}

/** The name of a repository as Docker Hub has it: those of one part are in `library`. */
export function dockerHubName(repository: string): string {
  return repository.includes('/') ? repository : `library/${repository}`
}

/**
 * Whether `text` is a host: a name or address that has a dot, a port or the brackets of IPv6, or `localhost`.
 * Without any of these it would be the first part of a repository's name.
 */
export function isHost(text: string): boolean {
  const match = /^(\[[0-9a-fA-F:.]{2,45}\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(text.slice(0, MAX_HOST + 7))
  if (!match || text.length > MAX_HOST + 6) return false
  const [, name = '', port] = match
  if (port !== undefined && Number(port) > 65_535) return false
  if (name.startsWith('[')) return URL.canParse(`http://${name}`)
  if (name.length > MAX_HOST || !name.split('.').every((label) => LABEL.test(label))) return false
  return name.includes('.') || port !== undefined || name === 'localhost'
}

/**
 * Reads a reference that names its host. Nothing is rewritten, so that formatting gives the same text.
 *
 * @example
 * ```ts
 * import { parseImageReference } from 'ocikit/oci'
 *
 * const image = parseImageReference('ghcr.io/team/app:v1')
 * console.log(image.host, image.repository, image.tag) // ghcr.io team/app v1
 * ```
 * @throws {@link RegistryError} `NAME_INVALID`, `TAG_INVALID`, `DIGEST_INVALID`.
 */
export function parseImageReference(text: string): ImageReference {
  const { host, ...rest } = split(text)
  if (host === undefined)
    throw invalid(text, 'a host is missing: write it out, for example docker.io/library/alpine')
  return { host, ...rest }
}

/**
 * Reads a reference as docker does: without a host it is one of Docker Hub, whose names become `docker.io`, and
 * a name of one part there is in `library`. No tag is added.
 *
 * @example
 * ```ts
 * import { formatImageReference, parseRelativeReference } from 'ocikit/oci'
 *
 * console.log(formatImageReference(parseRelativeReference('alpine:3'))) // docker.io/library/alpine:3
 * ```
 * @throws {@link RegistryError} `NAME_INVALID`, `TAG_INVALID`, `DIGEST_INVALID`.
 */
export function parseRelativeReference(text: string): ImageReference {
  const { host = DOCKER_HUB, repository, ...rest } = split(text)
  if (!isDockerHub(host)) return { host, repository, ...rest }
  return { host: DOCKER_HUB, repository: dockerHubName(repository), ...rest }
}

/** The text of a reference, with its host. */
export function formatImageReference({ host, ...rest }: ImageReference): string {
  return `${host}/${formatRest(rest)}`
}

/** The shortest text that {@link parseRelativeReference} reads as the same reference. */
export function formatRelativeReference(reference: ImageReference): string {
  if (reference.host !== DOCKER_HUB) return formatImageReference(reference)
  const { repository } = reference
  const bare = repository.startsWith('library/') ? repository.slice('library/'.length) : repository
  const short = bare.includes('/') ? repository : bare
  // What begins like a host would be read as one.
  if (isHost(short.split('/', 1)[0]!) && short.includes('/')) return formatImageReference(reference)
  return formatRest({ ...reference, repository: short })
}

function formatRest({ repository, tag, digest }: Omit<ImageReference, 'host'>): string {
  return `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

type Parts = Omit<ImageReference, 'host'> & { readonly host?: string }

function split(text: string): Parts {
  if (text.length > MAX_LENGTH) throw invalid(text, 'it is too long')
  const at = text.indexOf('@')
  const digest = at < 0 ? {} : { digest: parseDigest(text.slice(at + 1)) }
  const named = at < 0 ? text : text.slice(0, at)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const tag = hasTag ? { tag: parseTag(named.slice(colon + 1)) } : {}
  const path = hasTag ? named.slice(0, colon) : named
  const slash = path.indexOf('/')
  const first = path.slice(0, Math.max(0, slash))
  if (slash < 0 || !isHost(first)) return { repository: parseName(path), ...tag, ...digest }
  return { host: first, repository: parseName(path.slice(slash + 1)), ...tag, ...digest }
}

function invalid(text: string, reason: string): RegistryError {
  return new RegistryError('NAME_INVALID', `not a reference to an image: ${reason}`, {
    detail: { reference: text.slice(0, 255) },
  })
}
