/**
 * Paths that somebody else has chosen, and that must not lead anywhere else.
 * @module
 */

/** Of which system the rules are. */
export interface PathRules {
  /** Whether names are those of Windows, which has more separators, and names that are devices (false). */
  readonly windows?: boolean
}

/** Longest path in UTF-16 units: that of Linux. */
const LONGEST = 4096
/** Also what makes a text look like another one. */
const CONTROLS = /\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u
/** Device names have any ending. What ends in a dot or a blank is another name there. */
const WINDOWS = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$) *(\.|$)|[<>:"|?*\\]|[. ]$/i

/**
 * Whether a path names something below the folder it is used in, whatever that folder is: relative, with slashes and
 * without `.`, `..`, empty parts and control characters. It says nothing of links that are in the way.
 */
export function isInnerPath(path: string, { windows = false }: PathRules = {}): boolean {
  if (path.length > LONGEST || CONTROLS.test(path)) return false
  return path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !(windows && WINDOWS.test(part)))
}
