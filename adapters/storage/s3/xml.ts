/**
 * The little XML that S3 speaks: elements with text, no attributes that matter, no document types.
 * @module
 */

/** The text of all elements of this name, wherever they are, in order. They hold no element of the same name. */
export function textsOf(xml: string, name: string): string[] {
  return elementsOf(xml, name).map(unescapeXml)
}

/** The text of the first element of this name; undefined if there is none. */
export function textOf(xml: string, name: string): string | undefined {
  return textsOf(xml, name)[0]
}

/** What stands between the tags of all elements of this name, as it is. */
export function elementsOf(xml: string, name: string): string[] {
  const pattern = new RegExp(
    `<(?:\\w+:)?${name}(?:\\s[^<>]*?)?(?:/>|>([\\s\\S]*?)</(?:\\w+:)?${name}\\s*>)`,
    'g',
  )
  return [...xml.matchAll(pattern)].map(([, inner = '']) => inner)
}

/** An element with text or, as a list, further elements that are XML already. */
export function element(name: string, content: string | readonly string[]): string {
  return `<${name}>${typeof content === 'string' ? escapeXml(content) : content.join('')}</${name}>`
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"\r]/g, (char) => `&#${char.charCodeAt(0)};`)
}
