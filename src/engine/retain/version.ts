/**
 * Tags as versions: `1.2.3`, `v2`, `1.2.0-rc.1`.
 * @module
 */

/** Numbers, then what comes before the release that they name. */
export interface Version {
  readonly numbers: readonly string[]
  readonly before: readonly string[]
}

const VERSION = /^v?(\d+(?:\.\d+)*)(?:[-_]([\w.-]+))?$/i

/** Reads a tag; `null` if it is no version. What `+` separates in a version, tags have behind a `_`. */
export function versionOf(tag: string): Version | null {
  const [, numbers, before] = VERSION.exec(tag) ?? []
  return numbers === undefined
    ? null
    : { numbers: numbers.split('.'), before: before?.split(/[.-]/).filter(Boolean) ?? [] }
}

/**
 * Orders versions, older ones first (semver 2.0.0, section 11): by number, where those that are not there are zero; a
 * release after what comes before it; there numbers by value, and before words.
 */
export function compareVersions(a: Version, b: Version): number {
  const length = Math.max(a.numbers.length, b.numbers.length)
  for (let i = 0; i < length; i++) {
    const order = compareNumbers(a.numbers[i] ?? '0', b.numbers[i] ?? '0')
    if (order !== 0) return order
  }
  if (a.before.length === 0 || b.before.length === 0) return b.before.length - a.before.length
  for (const [i, part] of a.before.entries()) {
    const other = b.before[i]
    if (other === undefined) return 1
    const order = compareParts(part, other)
    if (order !== 0) return order
  }
  return a.before.length - b.before.length
}

function compareParts(a: string, b: string): number {
  const [isNumber, isOther] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber && isOther) return compareNumbers(a, b)
  if (isNumber !== isOther) return isNumber ? -1 : 1
  return a === b ? 0 : a < b ? -1 : 1
}

/** By value, of any length. */
function compareNumbers(a: string, b: string): number {
  const [one, other] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')]
  if (one.length !== other.length) return one.length - other.length
  return one === other ? 0 : one < other ? -1 : 1
}
