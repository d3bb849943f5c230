import { stripVTControlCharacters } from 'node:util'

/** Two columns of a terminal; others have one, and marks none. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const NONE = /\p{M}/u

/** How many columns of a terminal a text without line ends takes. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of stripVTControlCharacters(text)) width += columnsOf(character)
  return width
}

/** A plain text in so many columns: cut in its middle, or filled up with blanks. */
export function fitted(text: string, columns: number): string {
  if (columns <= 0) return ''
  const width = widthOf(text)
  if (width <= columns) return text + ' '.repeat(columns - width)
  const head = cut([...text], Math.ceil((columns - 1) / 2))
  const tail = cut([...text].reverse(), columns - 1 - widthOf(head.join('')))
  return fitted(`${head.join('')}…${tail.reverse().join('')}`, columns)
}

function cut(characters: readonly string[], columns: number): string[] {
  const kept: string[] = []
  let width = 0
  for (const character of characters) {
    width += columnsOf(character)
    if (width > columns) break
    kept.push(character)
  }
  return kept
}

function columnsOf(character: string): number {
  if (NONE.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
