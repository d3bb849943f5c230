/**
 * The `ocikit` command.
 *
 * Exit codes: 0 done, 1 it failed while running, 2 it was called or configured in a wrong way.
 * @module
 */

import { createRequire } from 'node:module'
import { blob } from './commands/blob.ts'
import { check } from './commands/check.ts'
import { copy } from './commands/copy.ts'
import { gc } from './commands/gc.ts'
import { inspect, manifest } from './commands/inspect.ts'
import { repos, tags } from './commands/lists.ts'
import { rm, tag } from './commands/name.ts'
import { serve } from './commands/serve.ts'
import { sync } from './commands/sync.ts'
import { token } from './commands/token.ts'
import { tree } from './commands/tree.ts'
import { usageReport } from './commands/usage-report.ts'
import { webhooksCommand } from './commands/webhooks.ts'
import { USAGE } from './help/usage.ts'
import { HELP } from './help/commands.ts'
import { UsageError } from './server/options.ts'

/** What a command gets of the process; `process` itself fits. */
export interface Io {
  /** As Node gives it: the first two are the runtime and the script. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Output
  readonly stderr: Output
  /** Ends a server in an orderly way. Without it, SIGTERM and SIGINT do. */
  readonly signal?: AbortSignal
}

/** Where text goes. */
export interface Output {
  write(text: string): unknown
}

type Command = (args: readonly string[], io: Io) => number | Promise<number>

const COMMANDS: Readonly<Record<string, Command>> = {
  serve,
  gc,
  token,
  check,
  usage: usageReport,
  copy,
  sync,
  tags,
  repos,
  inspect,
  manifest,
  blob,
  tree,
  tag,
  rm,
  webhooks: webhooksCommand,
  version: (_args, io) => print(io, version()),
  help: (_args, io) => print(io, USAGE),
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
  const command = ALIASES[name] ?? name
  try {
    if (!Object.hasOwn(COMMANDS, command)) throw new UsageError('unknown command', "try 'ocikit --help'")
    if (args.includes('--help') || args.includes('-h')) return print(io, HELP[command] ?? USAGE)
    if (args.includes('--version')) return print(io, version())
    return await COMMANDS[command]!(args, io)
  } catch (error) {
    const usage = error instanceof UsageError
    const hint = usage && error.hint ? ` (${error.hint})` : ''
    const text = error instanceof Error ? error.message : String(error)
    io.stderr.write(`ocikit: ${text.replace(/\s+/g, ' ')}${hint}\n`)
    return usage ? 2 : 1
  }
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
