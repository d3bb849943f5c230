/** What a terminal shows, as far as the command uses it. */

/** A terminal after all that was written to it. */
export interface Shown {
  /** From the first line that was ever written, without blanks at their ends. */
  readonly lines: readonly string[]
  readonly hasCursor: boolean
  /** Controls that are none of those that the command needs. */
  readonly strange: readonly string[]
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const TOKEN = /\u001b\[([?\d;]*)([A-Za-z])|\r|\n|[\u0000-\u001f\u007f-\u009f]|[^\u0000-\u001f\u007f-\u009f]/gu

/** Plays what was written. Each character is one column. */
export function shownAfter(written: string, columns: number): Shown {
  const rows: string[][] = [[]]
  const strange: string[] = []
  let [row, column] = [0, 0]
  let hasCursor = true
  const goTo = (next: number): void => {
    row = Math.max(0, next)
    while (rows.length <= row) rows.push([])
  }
  for (const [token, argument = '', letter] of written.matchAll(TOKEN)) {
    if (token === '\r') column = 0
    else if (token === '\n') [column] = [0, goTo(row + 1)]
    else if (letter === 'A') goTo(row - Number(argument || 1))
    else if (letter === 'J') [rows.length, rows[row]!.length] = [row + 1, Math.min(column, rows[row]!.length)]
    else if (letter === 'h' || letter === 'l') hasCursor = letter === 'h'
    else if (letter === 'm') continue
    else if (letter !== undefined || token < ' ' || token === '\u007f') strange.push(token)
    else {
      if (column >= columns) [column] = [0, goTo(row + 1)]
      const line = rows[row]!
      while (line.length < column) line.push(' ')
      line[column++] = token
    }
  }
  return { lines: rows.map((line) => line.join('').trimEnd()), hasCursor, strange }
}
