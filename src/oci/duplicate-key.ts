/** What a manifest says of itself and of what it refers to is no deeper: `layers[0].digest` is within three brackets. */
const DEPTH = 3

/**
 * The first key that an object has twice, at the depths at which a manifest is read; `null` if there is none. Of two
 * values readers take different ones (RFC 8259 section 4), so that such a manifest says one thing here and another to a
 * client, and image-spec forbids it.
 *
 * @param json Valid JSON, of any depth: the work is linear, and memory grows with the keys of three levels alone.
 */
export function duplicateKey(json: string): string | null {
  const keys: (Set<string> | null)[] = []
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === '{' || character === '[') {
      depth++
      if (depth <= DEPTH) keys[depth] = character === '{' ? new Set() : null
    } else if (character === '}' || character === ']') depth--
    else if (character === '"') {
      const end = endOfText(json, at)
      const known = depth <= DEPTH ? keys[depth] : null
      if (known && isKey(json, end)) {
        // Two spellings of a character are the same key.
        const key = JSON.parse(json.slice(at, end)) as string
        if (known.has(key)) return key
        known.add(key)
      }
      at = end - 1
    }
  }
  return null
}

/** Where a text ends that begins with the quote at `start`: after the next quote that is not escaped. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    if (end < 0) return json.length
    let slashes = 0
    while (json[end - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return end + 1
  }
}

/** A text is a key if a colon follows it. */
function isKey(json: string, end: number): boolean {
  let at = end
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\t' || json[at] === '\r') at++
  return json[at] === ':'
}
