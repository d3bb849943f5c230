/**
 * Digests: `algorithm:encoded` (image-spec, descriptor.md, section "Digests").
 * @module
 */

import { RegistryError } from './error.ts'

/** An algorithm that content can be stored under. */
export type Algorithm = 'sha256' | 'sha512'

/** A digest that has been checked by {@link parseDigest}. A `:` is always in it, never in a tag. */
export type Digest = `${string}:${string}`

const GRAMMAR = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/
/** No digest in use is longer; the bound keeps keys and log lines short. */
const MAX_LENGTH = 256

/** Length of the lower-case hex of each registered algorithm. `blake3` is known but not stored. */
const HEX_LENGTH: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha512', 128],
  ['blake3', 64],
])

/** The algorithms that content can be stored under. */
export const ALGORITHMS: readonly Algorithm[] = ['sha256', 'sha512']

/**
 * Whether `text` is a digest by the grammar; a registered algorithm also fixes the length and the lower-case
 * hex. An unknown algorithm is a valid digest: descriptors may hold it, content cannot be stored under it.
 */
export function isDigest(text: string): text is Digest {
  if (text.length > MAX_LENGTH || !GRAMMAR.test(text)) return false
  const colon = text.indexOf(':')
  const length = HEX_LENGTH.get(text.slice(0, colon))
  return (
    length === undefined || (text.length === colon + 1 + length && /^[0-9a-f]+$/.test(text.slice(colon + 1)))
  )
}

/**
 * Checks a digest.
 * @throws {@link RegistryError} `DIGEST_INVALID` when it is malformed.
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new RegistryError(
    'DIGEST_INVALID',
    'malformed digest: expected algorithm:hex, for example sha256: and 64 lower-case hex digits',
    {
      detail: { digest: text.slice(0, MAX_LENGTH) },
    },
  )
}

/**
 * Checks a digest that content is to be stored under.
 * @throws {@link RegistryError} `DIGEST_INVALID` when it is malformed or its algorithm is not supported.
 */
export function parseContentDigest(text: string): Digest {
  const digest = parseDigest(text)
  algorithmOf(digest)
  return digest
}

/**
 * The algorithm of a digest that content can be stored under.
 * @throws {@link RegistryError} `DIGEST_INVALID` for any other algorithm.
 */
export function algorithmOf(digest: Digest): Algorithm {
  return parseAlgorithm(digest.slice(0, digest.indexOf(':')))
}

/**
 * Checks the name of an algorithm.
 * @throws {@link RegistryError} `DIGEST_INVALID` when content cannot be stored under it.
 */
export function parseAlgorithm(name: string): Algorithm {
  if (isAlgorithm(name)) return name
  throw new RegistryError('DIGEST_INVALID', `unsupported digest algorithm: use ${ALGORITHMS.join(' or ')}`, {
    detail: { algorithm: name.slice(0, 64) },
  })
}

/** Whether content can be stored under the algorithm of this name. */
export function isAlgorithm(name: string): name is Algorithm {
  return name === 'sha256' || name === 'sha512'
}

/** Whether content can be stored under this digest. */
export function isContentDigest(digest: Digest): boolean {
  return isAlgorithm(digest.slice(0, digest.indexOf(':')))
}

/** The part after the colon. */
export function encodedOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}
