import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './values.ts'

export { nameOf, variable } from '../../../src/env/variables.ts'

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
  webhook: { type: 'string', multiple: true },
  mirror: { type: 'string', multiple: true },
  'mirror-ttl': { type: 'string' },
  'mirror-max-size': { type: 'string' },
  'mirror-offline': { type: 'boolean' },
  'read-only': { type: 'boolean' },
  'immutable-tags': { type: 'string', multiple: true },
  'rate-limit': { type: 'string' },
  'min-free': { type: 'string' },
  health: { type: 'boolean' },
  metrics: { type: 'boolean' },
  'monitor-port': { type: 'string' },
  'inspect-header': { type: 'string' },
  cors: { type: 'string', multiple: true },
  log: { type: 'string' },
  'log-level': { type: 'string' },
  config: { type: 'string' },
} as const satisfies ParseArgsConfig['options']

/** The flags as given. */
export interface Flags extends Partial<Record<TextFlag, string> & Record<SwitchFlag, boolean>> {
  readonly user?: string[]
  readonly 'trust-proxy'?: string[]
  readonly quota?: string[]
  readonly webhook?: string[]
  readonly mirror?: string[]
  readonly 'immutable-tags'?: string[]
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
  | 'mirror-ttl'
  | 'mirror-max-size'
  | 'rate-limit'
  | 'min-free'
  | 'monitor-port'
  | 'inspect-header'
  | 'log'
  | 'log-level'
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
  | 'mirror-offline'
  | 'read-only'
  | 'health'
  | 'metrics'

/** The environment of a process. */
export type Env = Readonly<Record<string, string | undefined>>

/** Flags of a command. */
export type KnownFlags = NonNullable<ParseArgsConfig['options']>
type Parsed<F extends KnownFlags> = ReturnType<
  typeof parseArgs<{ options: F; strict: true; allowPositionals: true }>
>

/** The flags of `serve`. */
export const SERVE_FLAGS: KnownFlags = FLAGS

const TRY_HELP = "try 'ocikit --help'"

/** Reads the flags of `serve`. @throws {@link UsageError} Without any value that was given. */
export function flagsOf(args: readonly string[]): Flags {
  return onlyFlags('serve', args, FLAGS, { allowNegative: true })
}

/**
 * Reads the flags of a command that takes nothing else.
 * @throws {@link UsageError} Without any value that was given: it may be a password that slipped.
 */
export function onlyFlags<F extends KnownFlags>(
  command: string,
  args: readonly string[],
  flags: F,
  options: { allowNegative?: boolean } = {},
): Parsed<F>['values'] {
  const { values, positionals } = parseFlags(args, flags, options)
  if (positionals.length > 0) throw new UsageError(`${command} takes flags only`, TRY_HELP)
  return values
}

/** Reads flags and what stands between them. @throws {@link UsageError} Without any value that was given. */
export function parseFlags<F extends KnownFlags>(
  args: readonly string[],
  flags: F,
  { hint = TRY_HELP, allowNegative = false }: { hint?: string; allowNegative?: boolean } = {},
): Parsed<F> {
  try {
    const config = { args: [...args], options: flags, strict: true, allowPositionals: true } as const
    return parseArgs({ ...config, allowNegative })
  } catch (error) {
    throw new UsageError(sentenceOf(error), hint)
  }
}

/** Node's first sentence says what is wrong and names only the flag; the rest is advice for another case. */
function sentenceOf(error: unknown): string {
  const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split(/\.\s|\n/)
  return sentence.replace(/\.$/, '')
}
