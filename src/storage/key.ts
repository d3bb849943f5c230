/**
 * What every driver must know about keys: which strings are keys, and their one order.
 * @module
 */

const encoder = new TextEncoder()

/** Throws if `key` is no key: empty, longer than `max` bytes of UTF-8, or not well-formed Unicode. */
export function checkKey(key: string, max: number): void {
  if (key === '') throw new TypeError('a key must not be empty')
  checkText(key)
  if (key.length * 3 > max && encoder.encode(key).length > max) {
    throw new RangeError(`a key has at most ${max} bytes: ${key.slice(0, 64)}...`)
  }
}

/** Throws on a lone surrogate: it has no UTF-8, so two such keys could become one. */
export function checkText(text: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('a key must be well-formed Unicode')
}

/** Bytewise order of UTF-8, which `<` on strings is not: it puts U+10000 and above before U+E000. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return weight(x) - weight(y)
  }
  return a.length - b.length
}

/** Moves surrogates above all other code units, where UTF-8 has the code points that they stand for. */
function weight(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
