/**
 * Where a path ends and a reference begins.
 * @module
 */

import { type Digest, isDigest, isTag, type Tag } from '../oci/index.ts'

/** A path and what stands behind it. */
export interface Located {
  /** Of the folder or file. */
  readonly path: string
  /** Absent if the text is only a path. */
  readonly reference?: Digest | Tag
}

/**
 * Splits `path:tag`, `path@digest` and `path:tag@digest` (of which the digest counts). Paths may hold colons: a text that
 * is wholly the path of something is taken as that, and else a reference is what stands behind the last colon, if it
 * could be one.
 *
 * @param isThere Whether there is something at a path.
 */
export async function findLayout(
  text: string,
  isThere: (path: string) => Promise<boolean>,
): Promise<Located> {
  const at = text.lastIndexOf('@')
  const digest = at < 1 ? '' : text.slice(at + 1)
  if (isDigest(digest)) {
    const { path } = await findLayout(text.slice(0, at), isThere)
    return { path, reference: digest }
  }
  const colon = text.lastIndexOf(':')
  const tag = text.slice(colon + 1)
  if (colon < 1 || !isTag(tag) || (await isThere(text))) return { path: text }
  return { path: text.slice(0, colon), reference: tag }
}
