/**
 * What the repositories and tags of a registry of any size are called. Names are spread evenly, so that the one in
 * the middle of each list is the same.
 * @module
 */

/** The repository with the tags. */
export const TAGGED = 'bulk/5000000'

/** The name in the middle, of repositories and of tags. */
export const MIDDLE: { readonly repository: string; readonly tag: string } = {
  repository: repositoryName(1, 2),
  tag: tagName(1, 2),
}

/** A name of `count`, counted from 0: they ascend. */
export function repositoryName(index: number, count: number): string {
  return `bulk/${share(index, count)}`
}

/** A tag of `count`, counted from 0: they ascend. */
export function tagName(index: number, count: number): string {
  return `v${share(index, count)}`
}

function share(index: number, count: number): string {
  return String(Math.floor((index * 1e7) / count)).padStart(7, '0')
}
