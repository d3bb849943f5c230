/**
 * Keys as paths, and back.
 *
 * A key is any string; a path must stay inside its folder, and hold on disks that ignore case or limit names
 * to 255 bytes. So a segment keeps `a-z 0-9 . _ ! = -`, writes `A` as `^a`, and every other byte as `%xx`, also
 * a leading dot; an empty segment is `%`. What is then longer than a name may be goes on inside a folder whose
 * name ends in `~`. The last segment is a file: its name ends in `+`, so that `a` and `a/b` can both exist.
 * @module
 */

/** The last character of a file's name. */
export const FILE_MARK = '+'
/** The last character of a folder's name that holds the rest of a long segment. */
export const MORE_MARK = '~'

const EMPTY = '%'
const MAX_NAME = 240
const PLAIN = /^[a-z0-9_!=-][a-z0-9._!=-]*$/
const ENCODED = /^(?:%|(?:[a-z0-9._!=-]|\^[a-z]|%[0-9a-f]{2})+)$/
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The path of a key's file, relative to the folder of all keys. */
export function fileOfKey(key: string): string {
  return pathOf(key) + FILE_MARK
}

/** The path of the folder for the keys that begin with `base`, which is empty or ends in a slash. */
export function folderOfKeys(base: string): string {
  return base === '' ? '' : pathOf(base.slice(0, -1))
}

/** The path of a text's segments, without a mark. Relative, and never outside. */
export function pathOf(text: string): string {
  return text.split('/').map(encodeSegment).join('/')
}

function encodeSegment(segment: string): string {
  if (segment.length <= MAX_NAME && PLAIN.test(segment)) return segment
  if (segment === '') return EMPTY
  const names: string[] = []
  let name = ''
  for (const byte of encoder.encode(segment)) {
    let token = encodeByte(byte)
    if (name.length + token.length > MAX_NAME) {
      names.push(name)
      name = ''
    }
    if (name === '' && token === '.') token = '%2e'
    name += token
  }
  return [...names, name].join(`${MORE_MARK}/`)
}

function encodeByte(byte: number): string {
  const char = String.fromCharCode(byte)
  if (/[a-z0-9._!=-]/.test(char)) return char
  if (/[A-Z]/.test(char)) return `^${char.toLowerCase()}`
  return `%${byte.toString(16).padStart(2, '0')}`
}

/**
 * The bytes of a segment, or of a part of a long one, as a string with a character for each byte; `null` if the
 * name (without its mark) is not one that is written here. Parts are joined before {@link textOf}.
 */
export function bytesOfName(name: string): string | null {
  if (PLAIN.test(name)) return name
  if (name === EMPTY) return ''
  if (!ENCODED.test(name)) return null
  const bytes = name.replace(/\^([a-z])|%(..)/g, (_, letter: string | undefined, hex: string) =>
    letter === undefined ? String.fromCharCode(Number.parseInt(hex, 16)) : letter.toUpperCase(),
  )
  // One spelling for one key, or a stray file could show a key twice.
  let again = ''
  for (const char of bytes) again += encodeByte(char.charCodeAt(0))
  return again.replace(/^\./, '%2e') === name ? bytes : null
}

/** The text of UTF-8 bytes as {@link bytesOfName} gives them; `null` if they are none. */
export function textOf(bytes: string): string | null {
  if (!/[\x80-\xff]/.test(bytes)) return bytes
  try {
    return decoder.decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))
  } catch {
    return null
  }
}
