/**
 * Paths of the distribution API, relative to where the registry is mounted.
 * @module
 */

import type { Digest } from './digest.ts'
import type { Tag } from './name.ts'

/** Path of a blob. */
export function blobPath(name: string, digest: Digest): string {
  return `/v2/${name}/blobs/${digest}`
}

/** Path of a manifest by tag or digest. */
export function manifestPath(name: string, reference: Digest | Tag): string {
  return `/v2/${name}/manifests/${reference}`
}

/** Path of an upload session; without an id, the path that starts one. */
export function uploadPath(name: string, id = ''): string {
  return `/v2/${name}/blobs/uploads/${id}`
}

/** Path of the list of tags. */
export function tagsPath(name: string): string {
  return `/v2/${name}/tags/list`
}

/** Path of the list of referrers. */
export function referrersPath(name: string, subject: Digest): string {
  return `/v2/${name}/referrers/${subject}`
}
