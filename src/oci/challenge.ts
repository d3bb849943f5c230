/**
 * `WWW-Authenticate`: what a server wants to see (RFC 9110 section 11.6.1).
 * @module
 */

/** One way to authenticate that a server offers. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string
  /** Its parameters, by their names in lower case. */
  readonly params: ReadonlyMap<string, string>
}

/** No registry says more; the rest of a longer header is not read. */
const MAX_LENGTH = 16 * 1024

const SEPARATOR = /[\s,]*/y
const TOKEN = /[\w!#$%&'*+.^`|~-]+/y
const EQUALS = /\s*=\s*/y
const QUOTED = /"((?:[^"\\]|\\.)*)"?/y
const BARE = /[^\s,]*/y
/** Credentials in one piece, as `Negotiate` has them; they end the challenge. */
const TOKEN68 = /[ \t]+[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y

/**
 * Reads all challenges of all such headers, which `Headers` has joined by commas: parameters quoted or not,
 * commas within quotes, several schemes in one header. What is malformed is skipped. Linear time.
 */
export function parseChallenges(header: string | null): Challenge[] {
  const text = (header ?? '').slice(0, MAX_LENGTH)
  const challenges: { scheme: string; params: Map<string, string> }[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) at = pattern.lastIndex
    return match
  }
  while (at < text.length) {
    take(SEPARATOR)
    const name = take(TOKEN)?.[0].toLowerCase()
    if (name === undefined) {
      at++
      continue
    }
    const current = challenges.at(-1)
    if (current && take(EQUALS)) {
      const value = take(QUOTED)?.[1]?.replace(/\\(.)/g, '$1') ?? take(BARE)![0]
      if (!current.params.has(name)) current.params.set(name, value)
      continue
    }
    challenges.push({ scheme: name, params: new Map() })
    take(TOKEN68)
  }
  return challenges
}
