/**
 * `Link`: where the next page of a list is (RFC 8288).
 * @module
 */

/** No link of a registry is longer. */
const MAX_LENGTH = 16 * 1024

/**
 * The target of the link to the next page, as it stands there; `null` when there is none. A single link that
 * does not say what it is for counts as one.
 */
export function nextLink(header: string | null): string | null {
  const links = [...(header ?? '').slice(0, MAX_LENGTH).matchAll(/<([^<>]*)>([^<>]*)/g)]
  const next = links.find(([, , params = '']) => relationsOf(params)?.includes('next'))
  if (next) return next[1]!
  const [only] = links
  return links.length === 1 && relationsOf(only![2]!) === null ? only![1]! : null
}

function relationsOf(params: string): string[] | null {
  const match = /;[ \t]*rel[ \t]*=[ \t]*(?:"([^"]*)"|([^;,\s]*))/i.exec(params)
  return match ? (match[1] ?? match[2] ?? '').toLowerCase().split(/\s+/) : null
}
