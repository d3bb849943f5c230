/** Examples in the help of commands. */

/** A command line of a help: what is put before it, and its words. */
export interface Example {
  readonly line: string
  /** Variables before the command. */
  readonly env: Record<string, string>
  /** What is piped into it, as a command of a shell. */
  readonly input?: string
  /** Behind `ocikit`. */
  readonly args: readonly string[]
}

/** The lines below `Examples:`. */
export function examplesIn(help: string): Example[] {
  const [, lines = ''] = /^Examples:\n((?: {2}.*\n)+)/m.exec(help) ?? []
  return lines.trimEnd().split('\n').filter(Boolean).map(exampleOf)
}

function exampleOf(text: string): Example {
  const line = text.trim()
  const [, input, own] = /^(?:(.*) \| )?((?:[A-Z_]+=\S+ )*ocikit .*)$/.exec(line) ?? []
  if (own === undefined) throw new Error(`no example of a command: ${line}`)
  const words = wordsOf(own)
  const start = words.indexOf('ocikit')
  const env = Object.fromEntries(words.slice(0, start).map((word) => word.split(/=(.*)/s).slice(0, 2)))
  return { line, env, ...(input === undefined ? {} : { input }), args: words.slice(start + 1) }
}

/** As a shell does; nothing in the examples needs more than quotes. */
function wordsOf(text: string): string[] {
  const words = text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)
  return [...words].map(([word]) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'))
}
