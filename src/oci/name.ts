/**
 * Names of repositories and tags, and the reference position of a manifest URL, which holds a tag or a digest.
 * @module
 */

import { type Digest, parseDigest } from './digest.ts'
import { RegistryError } from './error.ts'

/** A tag that has been checked by {@link parseTag}. */
export type Tag = string

/** Longest repository name in bytes. Many clients cap `host/name` at 255 (distribution-spec, "Pulling manifests"). */
export const MAX_NAME_LENGTH = 255

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

/** Whether `text` is a repository name by the specification's grammar, at most 255 long. Linear time. */
export function isName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && text.split('/').every((component) => COMPONENT.test(component))
}

/**
 * Checks a repository name.
 * @throws {@link RegistryError} `NAME_INVALID`.
 */
export function parseName(text: string): string {
  if (isName(text)) return text
  throw new RegistryError(
    'NAME_INVALID',
    `invalid repository name: use lower-case letters, digits and single . _ - between them, parts joined by /, at most ${MAX_NAME_LENGTH} characters`,
    { detail: { name: text.slice(0, MAX_NAME_LENGTH + 1) } },
  )
}

/** Whether `text` is a tag: a letter, digit or underscore, then up to 127 of those, dots and dashes. */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

/**
 * Checks a tag.
 * @throws {@link RegistryError} `TAG_INVALID`.
 */
export function parseTag(text: string): Tag {
  if (isTag(text)) return text
  throw new RegistryError(
    'TAG_INVALID',
    'invalid tag: use a letter, a digit or _ and then up to 127 letters, digits, dots, dashes and underscores',
    { detail: { tag: text.slice(0, 200) } },
  )
}

/** Whether a checked reference is a digest: a digest always has a colon, a tag never. */
export function isDigestReference(reference: Digest | Tag): reference is Digest {
  return reference.includes(':')
}

/**
 * Checks what stands in the reference position: a tag or a digest, and nothing else.
 * @throws {@link RegistryError} `DIGEST_INVALID` if it has a colon, else `TAG_INVALID`.
 */
export function parseReference(text: string): Digest | Tag {
  return isDigestReference(text) ? parseDigest(text) : parseTag(text)
}
