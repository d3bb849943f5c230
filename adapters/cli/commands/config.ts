import type { ParseArgsConfig } from 'node:util'
import { helpOf } from '../help/parts.ts'
import { type KnownFlags, parseFlags, variable } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { printable } from '../places/printable.ts'
import { checkConfig } from '../server/check-config.ts'

const FLAGS = { json: { type: 'boolean' } } as const satisfies ParseArgsConfig['options']

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What it does. */
export const actions: readonly string[] = ['check']

/** What `--help` prints. */
export const help: string = helpOf(
  'config check [FILE] [flags]',
  `Tells every mistake in a file of serve --config, and in the files that it names: certificates, users, keys, policies,
rules of retention and secrets. No storage is opened and no other registry asked.`,
  `FILE is that of $OCIKIT_CONFIG, if it is not given. Variables win over it, as they do for serve.`,
  `Flags:
  --json                    as JSON`,
  `Examples:
  ocikit config check ocikit.json
  ocikit config check --json ocikit.json`,
  'Of a file with mistakes the exit code is 2, too.',
)

/** `ocikit config check`: whether `serve` would take a configuration file. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS)
  const [action, file = variable(io.env, 'config'), ...more] = positionals
  if (action !== 'check' || more.length > 0)
    throw new UsageError('config needs check and a file', 'see ocikit config --help')
  if (file === undefined) throw new UsageError('config check needs a file', 'name it, or set OCIKIT_CONFIG')
  const mistakes = await checkConfig(file, io.env)
  const lines = mistakes.map(({ place, message }) => `${file}: ${place}: ${message.replace(/\s+/g, ' ')}`)
  const isRight = mistakes.length === 0
  const text = isRight ? `${file} is right` : lines.map(printable).join('\n')
  io.stdout.write(`${values.json ? JSON.stringify({ file, right: isRight, mistakes }) : text}\n`)
  return isRight ? 0 : 2
}
