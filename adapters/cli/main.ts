/**
 * The `ocikit` command.
 *
 * Exit codes: 0 done, 1 it failed while running, 2 it was called or configured in a wrong way.
 * @module
 */

import { createRequire } from 'node:module'
import type { Readable } from 'node:stream'
import { COMMANDS } from './commands.ts'
import { nearest } from './help/nearest.ts'
import { OVERVIEW } from './help/overview.ts'
import { UsageError } from './input/values.ts'
import { printable } from './places/printable.ts'

/** What a command gets of the process; `process` itself fits. */
export interface Io {
  /** As Node gives it: the first two are the runtime and the script. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** What a command is given to read; without it, nothing. */
  readonly stdin?: Input
  readonly stdout: Output
  readonly stderr: Output
  /** Ends a server in an orderly way. Without it, SIGTERM and SIGINT do. */
  readonly signal?: AbortSignal
}

/** Where text comes from: a person, a pipe or a file. */
export type Input = Readable & { readonly isTTY?: boolean }

/** Where text goes. */
export interface Output {
  write(text: string): unknown
}

const ALIASES: Readonly<Record<string, string>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
}

/** Runs the command and resolves to its exit code. Never rejects. */
export async function main(io: Io): Promise<number> {
  const [name = 'help', ...args] = io.argv.slice(2)
  const command = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name
  try {
    if (command === 'help') return print(io, OVERVIEW)
    if (command === 'version') return print(io, version())
    if (!Object.hasOwn(COMMANDS, command)) throw unknownCommand(command)
    const { help, run } = await COMMANDS[command]!()
    if (args.includes('--help') || args.includes('-h')) return print(io, help)
    if (args.includes('--version')) return print(io, version())
    return await run(args, io)
  } catch (error) {
    const usage = error instanceof UsageError
    const hint = usage && error.hint ? ` (${error.hint})` : ''
    const text = error instanceof Error ? error.message : String(error)
    io.stderr.write(`ocikit: ${printable(text.replace(/\s+/g, ' '))}${hint}\n`)
    return usage ? 2 : 1
  }
}

/** What was typed is not shown: it may be a password that slipped. */
function unknownCommand(typed: string): UsageError {
  const meant = nearest(typed, [...Object.keys(COMMANDS), 'help', 'version'])
  const help = "try 'ocikit --help'"
  return new UsageError(
    'unknown command',
    meant === undefined ? help : `did you mean '${meant}'? Else ${help}`,
  )
}

function print(io: Io, text: string): number {
  io.stdout.write(`${text.trimEnd()}\n`)
  return 0
}

function version(): string {
  // By the package's own name: sources and dist are not equally deep.
  const manifest = createRequire(import.meta.url)('ocikit/package.json') as { version: string }
  return manifest.version
}
