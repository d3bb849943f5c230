/**
 * The `ocikit` command.
 *
 * Exit codes: 0 done, 1 it failed while running, 2 it was called or configured in a wrong way.
 * @module
 */

import { createRequire } from 'node:module'
import { OVERVIEW } from './help/overview.ts'
import { UsageError } from './input/values.ts'

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

/** A file of `commands`. */
interface Command {
  /** What `--help` prints. */
  readonly help: string
  /** Resolves to the exit code. @throws {@link UsageError} For a call that makes no sense. */
  run(args: readonly string[], io: Io): Promise<number>
}

/** Each is read when it is called: a short command need not wait for a server. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: () => import('./commands/serve.ts'),
  gc: () => import('./commands/gc.ts'),
  check: () => import('./commands/check.ts'),
  usage: () => import('./commands/usage.ts'),
  token: () => import('./commands/token.ts'),
  webhooks: () => import('./commands/webhooks.ts'),
  copy: () => import('./commands/copy.ts'),
  sync: () => import('./commands/sync.ts'),
  tags: () => import('./commands/tags.ts'),
  repos: () => import('./commands/repos.ts'),
  inspect: () => import('./commands/inspect.ts'),
  manifest: () => import('./commands/manifest.ts'),
  blob: () => import('./commands/blob.ts'),
  tree: () => import('./commands/tree.ts'),
  tag: () => import('./commands/tag.ts'),
  rm: () => import('./commands/rm.ts'),
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
    if (command === 'help') return print(io, OVERVIEW)
    if (command === 'version') return print(io, version())
    if (!Object.hasOwn(COMMANDS, command)) throw new UsageError('unknown command', "try 'ocikit --help'")
    const { help, run } = await COMMANDS[command]!()
    if (args.includes('--help') || args.includes('-h')) return print(io, help)
    if (args.includes('--version')) return print(io, version())
    return await run(args, io)
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
