import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The root of the project. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))

/** A file of the project. */
export const read = (path: string): string => readFileSync(`${ROOT}/${path}`, 'utf8')

/** The page under test. */
export const readme: string = read('README.md')

/** A fenced block. */
export interface Block {
  readonly language: string
  /** What `<!-- test: MARK -->` on the line before it says. */
  readonly mark?: string
  readonly code: string
}

/** All fenced blocks of a page. */
export function blocksOf(markdown: string): Block[] {
  const fence = /(?:^<!-- test: (\S+) -->\n)?^```(\w*)\n(.*?)^```$/gms
  return [...markdown.matchAll(fence)].map(([, mark, language, code]) => ({
    language: language!,
    code: code!,
    ...(mark !== undefined && { mark }),
  }))
}

/** The one block with a mark. */
export function marked(mark: string): Block {
  const found = blocksOf(readme).filter((block) => block.mark === mark)
  if (found.length !== 1) throw new Error(`the page has ${found.length} blocks marked ${mark}`)
  return found[0]!
}

/** The rows of the table with this heading, without Markdown's own marks. */
export function tableOf(heading: string): string[][] {
  const lines = readme.split('\n')
  const start = lines.indexOf(heading)
  if (start < 0) throw new Error(`the page has no table ${heading}`)
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'))
  return lines.slice(start + 2, end).map(cells)
}

function cells(row: string): string[] {
  const parts = row.split(/(?<!\\)\|/).slice(1, -1)
  return parts.map((cell) => cell.trim().replaceAll('`', '').replaceAll('\\|', '|'))
}
