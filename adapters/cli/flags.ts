import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './values.ts'

export { nameOf, variable } from '../../src/env/index.ts'

const FLAGS = {
  host: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
  memory: { type: 'boolean' },
  user: { type: 'string', multiple: true },
  htpasswd: { type: 'string' },
  tokens: { type: 'string' },
  'anonymous-pull': { type: 'boolean' },
  'token-service': { type: 'boolean' },
  policy: { type: 'string' },
  'insecure-open': { type: 'boolean' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'public-url': { type: 'string' },
  'trust-proxy': { type: 'string', multiple: true },
  delete: { type: 'boolean' },
  sparse: { type: 'boolean' },
  redirect: { type: 'boolean' },
  'max-manifest-size': { type: 'string' },
  'max-blob-size': { type: 'string' },
  quota: { type: 'string', multiple: true },
  retention: { type: 'string' },
  'gc-grace': { type: 'string' },
  'gc-interval': { type: 'string' },
  cors: { type: 'string', multiple: true },
  log: { type: 'string' },
  config: { type: 'string' },
} as const satisfies ParseArgsConfig['options']

/** The flags as given. */
export interface Flags extends Partial<Record<TextFlag, string> & Record<SwitchFlag, boolean>> {
  readonly user?: string[]
  readonly 'trust-proxy'?: string[]
  readonly quota?: string[]
  readonly cors?: string[]
}

/** Flags with a value, given at most once. */
export type TextFlag =
  | 'host'
  | 'port'
  | 'data'
  | 'htpasswd'
  | 'tokens'
  | 'policy'
  | 'tls-cert'
  | 'tls-key'
  | 'public-url'
  | 'max-manifest-size'
  | 'max-blob-size'
  | 'retention'
  | 'gc-grace'
  | 'gc-interval'
  | 'log'
  | 'config'

/** Flags without a value; each has a negative, as in `--no-memory`. */
export type SwitchFlag =
  | 'memory'
  | 'anonymous-pull'
  | 'token-service'
  | 'insecure-open'
  | 'delete'
  | 'sparse'
  | 'redirect'

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
