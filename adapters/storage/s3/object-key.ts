/**
 * Keys as object keys, and back.
 *
 * Any string becomes an object key of plain ASCII that sorts and begins as the string does, so that the store's
 * own listing is ours. `a-z A-Z 0-9 - . _` and the slash stay as they are; another byte is a mark and two hex
 * digits, where the mark sorts between the plain neighbours of the byte. Stores that keep objects as files
 * (MinIO) take no empty segment, no `.` and `..`, none of more than 255 bytes, and not both `a` and `a/b`: so the
 * first dot or slash of a segment is written in two characters, a segment that has reached 200 bytes goes on
 * behind a slash of ours, and a key ends in `!`, which sorts before everything else.
 * @module
 */

import { checkKey, checkText } from '../../../src/storage/key.ts'

/** Most bytes of an object key, on AWS and elsewhere. */
export const MAX_OBJECT_KEY = 1024

const END = '!'
const MAX_SEGMENT = 200
const START_DOT = ".'"
const START_SLASH = '.('
const SIMPLE = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,180}(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,180})*\/?$/
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The object key of a record, behind `base`. @throws RangeError if it is longer than a store takes. */
export function objectOfKey(base: string, key: string, maxKey: number): string {
  checkKey(key, maxKey)
  const object = `${base}${encodeText(key)}${END}`
  if (object.length > MAX_OBJECT_KEY) throw new RangeError(`the key is too long: ${key.slice(0, 64)}...`)
  return object
}

/** What the object keys of all records begin with whose key begins with `prefix`. */
export function objectPrefix(base: string, prefix: string): string {
  checkText(prefix)
  return base + encodeText(prefix)
}

/** The key of a record's object; `null` if the object is not one of ours. */
export function keyOfObject(base: string, object: string): string | null {
  if (!object.startsWith(base) || !object.endsWith(END)) return null
  const text = object.slice(base.length, -END.length)
  const key = decodeText(text)
  // One spelling for one key, or a stray object could show a key twice.
  return key !== null && key !== '' && encodeText(key) === text ? key : null
}

/** The object key of a content, behind `base`: a place in `content/` is named without that. */
export function objectOfPlace(base: string, place: string, maxKey: number): string {
  checkKey(place, maxKey)
  const rest = place.startsWith('content/') ? encodeText(place.slice(8)) : `${END}/${encodeText(place)}`
  if (base.length + rest.length > MAX_OBJECT_KEY) throw new RangeError(`the place is too long: ${place}`)
  return base + rest
}

/** What the object keys of all contents begin with whose places begin with `prefix`. */
export function placePrefix(base: string, prefix: string): string {
  checkText(prefix)
  return prefix.startsWith('content/')
    ? base + encodeText(prefix.slice(8))
    : `${base}${END}/${encodeText(prefix)}`
}

/** The place of a content's object; `null` if the object is not one of ours. */
export function placeOfObject(base: string, object: string): string | null {
  if (!object.startsWith(base)) return null
  const rest = object.slice(base.length)
  const other = rest.startsWith(`${END}/`)
  const text = other ? rest.slice(2) : rest
  const place = decodeText(text)
  if (place === null || place === '' || encodeText(place) !== text) return null
  return other ? place : `content/${place}`
}

function encodeText(text: string): string {
  if (SIMPLE.test(text)) return text
  let out = ''
  let length = 0
  for (const byte of encoder.encode(text)) {
    const symbol = length === 0 ? symbolAtStart(byte) : symbolOf(byte)
    out += symbol
    length = symbol === '/' ? 0 : length + symbol.length
    if (length < MAX_SEGMENT) continue
    out += '/'
    length = 0
  }
  return out
}

function symbolAtStart(byte: number): string {
  if (byte === 0x2e) return START_DOT
  return byte === 0x2f ? START_SLASH : symbolOf(byte)
}

/** Ordered as the bytes are, for any two bytes. */
function symbolOf(byte: number): string {
  if (byte < 0x21) return `'${hex(byte)}`
  if (byte === 0x21) return '('
  if (byte < 0x2d) return `)${hex(byte)}`
  if (byte >= 0x3a && byte <= 0x40) return `=${hex(byte)}`
  if (byte >= 0x5b && byte <= 0x5e) return `^${hex(byte)}`
  return byte < 0x7b ? String.fromCharCode(byte) : `~${hex(byte)}`
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

const SYMBOL = /[')=^~]([0-9a-f]{2})|\(|[A-Za-z0-9._`/-]/y
const SYMBOL_AT_START = /\.'|\.\(|[')=^~]([0-9a-f]{2})|\(|[A-Za-z0-9_`-]/y

function decodeText(text: string): string | null {
  const bytes: number[] = []
  let length = 0
  for (let at = 0; at < text.length; ) {
    if (length >= MAX_SEGMENT) {
      if (text[at] !== '/') return null
      at++
      length = 0
      continue
    }
    const pattern = length === 0 ? SYMBOL_AT_START : SYMBOL
    pattern.lastIndex = at
    const [symbol, code] = pattern.exec(text) ?? []
    if (symbol === undefined) return null
    bytes.push(code === undefined ? byteOf(symbol) : Number.parseInt(code, 16))
    at += symbol.length
    length = symbol === '/' ? 0 : length + symbol.length
  }
  try {
    return decoder.decode(Uint8Array.from(bytes))
  } catch {
    return null
  }
}

function byteOf(symbol: string): number {
  if (symbol === START_DOT) return 0x2e
  if (symbol === START_SLASH) return 0x2f
  return symbol === '(' ? 0x21 : symbol.charCodeAt(0)
}
