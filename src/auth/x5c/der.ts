/**
 * The Distinguished Encoding Rules (X.690) as far as certificates need them. A length that is not spelled as they say is
 * refused, so that no two readers take the same bytes for different things.
 * @module
 */

/** One value. */
export interface Element {
  readonly tag: number
  /** With its tag and length, as it was signed. */
  readonly raw: Uint8Array
  readonly content: Uint8Array
}

/** Tags of the values in a certificate. */
export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OID: 0x06,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
} as const

/** The bytes are no DER, or not of the form that was expected. */
export class DerError extends Error {}

/** All values in `bytes`, which they must fill. */
function elementsIn(bytes: Uint8Array): Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at)
    elements.push(element)
    at += element.raw.length
  }
  return elements
}

/** The one value that fills `bytes`. */
export function elementIn(bytes: Uint8Array, tag: number): Element {
  const [element, ...more] = elementsIn(bytes)
  if (more.length > 0) throw new DerError('there is something after the end')
  return expectTag(element, tag)
}

/** The values within a sequence. */
export function partsOf(element: Element | undefined): Element[] {
  return elementsIn(expectTag(element, TAG.SEQUENCE).content)
}

/** The value, if it has this tag. */
export function expectTag(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw new DerError('a value is missing or of another kind')
  return element
}

/** An object identifier with dots, as in `2.5.29.19`. */
export function oidOf(element: Element | undefined): string {
  const { content } = expectTag(element, TAG.OID)
  const numbers: number[] = []
  let number = 0
  if (content.length === 0) throw new DerError('an identifier is empty')
  content.forEach((byte, i) => {
    if (number === 0 && byte === 0x80) throw new DerError('a number begins with nothing')
    number = number * 128 + (byte & 0x7f)
    if (number > 0xffffffff) throw new DerError('a number is too large')
    if (byte >= 0x80 && i === content.length - 1) throw new DerError('a number has no end')
    if (byte >= 0x80) return
    numbers.push(number)
    number = 0
  })
  const [first = Number.NaN, ...rest] = numbers
  const top = Math.min(Math.floor(first / 40), 2)
  return [top, first - top * 40, ...rest].join('.')
}

/** The bytes of a bit string whose bits fill them. */
export function wholeBits(element: Element | undefined): Uint8Array {
  const { content } = expectTag(element, TAG.BIT_STRING)
  if (content[0] !== 0) throw new DerError('a string of bits does not fill its bytes')
  return content.subarray(1)
}

function elementAt(bytes: Uint8Array, at: number): Element {
  const [tag, first] = [bytes[at], bytes[at + 1]]
  if (tag === undefined || first === undefined) throw new DerError('it ends too early')
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag is too long')
  const isLong = first >= 0x80
  const count = isLong ? first & 0x7f : 0
  const begin = at + 2 + count
  const end = begin + (isLong ? lengthIn(bytes.subarray(at + 2, begin), count) : first)
  if (end > bytes.length) throw new DerError('it ends too early')
  return { tag, raw: bytes.subarray(at, end), content: bytes.subarray(begin, end) }
}

/** A length of several bytes: as few as do, and 16 MiB at most. */
function lengthIn(bytes: Uint8Array, count: number): number {
  if (count === 0 || count > 3) throw new DerError('a length is not definite, or too long')
  if (bytes.length < count) throw new DerError('it ends too early')
  const length = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  if (length < 0x80 || bytes[0] === 0) throw new DerError('a length has more bytes than it needs')
  return length
}
