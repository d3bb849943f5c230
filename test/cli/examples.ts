/** Examples in the help of commands and on the page. */

import { main } from '../../adapters/cli/main.ts'

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

/** Lines of a block of the page that call the command, also those that go on below. */
export function callsIn(block: string): Example[] {
  const lines = block.replaceAll('\\\n', '').split('\n')
  return lines
    .filter((line) => line.startsWith('npx ocikit '))
    .map((line) => exampleOf(line.slice(4).split(' #')[0]!))
}

/** Runs `serve`, and ends it as soon as it listens: on a free port, if none is written. Resolves to its exit code. */
export async function servedBriefly(args: readonly string[], env: Record<string, string>): Promise<number> {
  const end = new AbortController()
  const stdout = {
    write(text: string) {
      if (text.startsWith('listening ')) end.abort()
    },
  }
  const port = args.includes('--port') ? [] : ['--port', '0']
  const argv = ['node', 'ocikit', ...args, ...port, '--log', 'off']
  return main({ argv, env, stdout, stderr: { write() {} }, signal: end.signal })
}

function exampleOf(text: string): Example {
  const line = text.trim().replaceAll(/ {2,}/g, ' ')
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
