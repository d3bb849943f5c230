/**
 * Globs over names of repositories: a rule says which ones it is about.
 * @module
 */

import { MAX_NAME_LENGTH } from './name.ts'

/** What a glob may hold beside slashes: what names hold, and stars. */
const SEGMENT = /^[a-z0-9._*-]+$/

/**
 * Whether `text` is a glob that can match a name: segments of lower-case letters, digits, dots, dashes, underscores
 * and stars, joined by single slashes, at most 255 long.
 */
export function isGlob(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && text.split('/').every((segment) => SEGMENT.test(segment))
}

/**
 * Whether a glob matches the whole of a name. `*` stands for any characters within a segment, also for none; a segment
 * `**` for any number of whole segments, also for none: `team/**` matches `team` and all below it. Everything else
 * stands for itself. No pattern makes it slow: the time grows with the length of the one times that of the other.
 */
export function matchGlob(pattern: string, name: string): boolean {
  return matches(pattern.split('/'), name.split('/'), '**', matchSegment)
}

function matchSegment(pattern: string, segment: string): boolean {
  return matches(pattern, segment, '*', (one, other) => one === other)
}

/**
 * Whether `items` are those of a pattern in which `wild` stands for any number of them. What follows a wild one is
 * taken where it fits first: a later place could only leave less for the rest. So no more than one is ever gone back to.
 */
function matches(
  pattern: ArrayLike<string>,
  items: ArrayLike<string>,
  wild: string,
  fits: (pattern: string, item: string) => boolean,
): boolean {
  let at = 0
  let afterWild = -1
  let taken = 0
  for (let item = 0; item < items.length; ) {
    if (pattern[at] === wild) {
      afterWild = ++at
      taken = item
    } else if (at < pattern.length && fits(pattern[at]!, items[item]!)) {
      at++
      item++
    } else if (afterWild >= 0) {
      at = afterWild
      item = ++taken
    } else {
      return false
    }
  }
  while (pattern[at] === wild) at++
  return at === pattern.length
}
