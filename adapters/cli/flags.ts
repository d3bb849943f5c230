import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './values.ts'

export { nameOf, variable } from '../../src/env/index.ts'

const FLAGS = {
  host: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
  memory: { type: 'boolean' },
  user: { type: 'string', multiple: true },
  'insecure-open': { type: 'boolean' },
  delete: { type: 'boolean' },
  sparse: { type: 'boolean' },
  redirect: { type: 'boolean' },
  'max-manifest-size': { type: 'string' },
  'max-blob-size': { type: 'string' },
  'gc-grace': { type: 'string' },
  'gc-interval': { type: 'string' },
  cors: { type: 'string', multiple: true },
  log: { type: 'string' },
} as const satisfies ParseArgsConfig['options']

/** The flags as given. */
export interface Flags extends Partial<Record<TextFlag, string> & Record<SwitchFlag, boolean>> {
  readonly user?: string[]
  readonly cors?: string[]
}

/** Flags with a value, given at most once. */
export type TextFlag =
  | 'host'
  | 'port'
  | 'data'
  | 'max-manifest-size'
  | 'max-blob-size'
  | 'gc-grace'
  | 'gc-interval'
  | 'log'

/** Flags without a value; each has a negative, as in `--no-memory`. */
export type SwitchFlag = 'memory' | 'insecure-open' | 'delete' | 'sparse' | 'redirect'

/** The environment of a process. */
export type Env = Readonly<Record<string, string | undefined>>

/** Reads the flags of `serve`. @throws {@link UsageError} Without any value that was given. */
export function flagsOf(args: readonly string[]): Flags {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    throw new UsageError(sentenceOf(error), "try 'ocikit --help'")
  }
  // Not shown: it may be a password that slipped.
  if (parsed.positionals.length > 0) throw new UsageError('serve takes flags only', "try 'ocikit --help'")
  return parsed.values
}

/** Node's first sentence says what is wrong and names only the flag; the rest is advice for another case. */
export function sentenceOf(error: unknown): string {
  const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split(/\.\s|\n/)
  return sentence.replace(/\.$/, '')
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: FLAGS,
    strict: true,
    allowPositionals: true,
    allowNegative: true,
  })
}
