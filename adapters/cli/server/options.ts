import { isIPv4 } from 'node:net'
import type { Quota, RetentionRule } from '../../../src/engine/index.ts'
import type { Webhooks } from '../../../src/index.ts'
import { proxies } from '../../../src/server/index.ts'
import {
  type Env,
  type Flags,
  flagsOf,
  nameOf,
  type SwitchFlag,
  type TextFlag,
  variable,
} from '../input/flags.ts'
import {
  durationOf,
  originsOf,
  portOf,
  quotasOf,
  sizeOf,
  switchOf,
  UsageError,
  userOf,
} from '../input/values.ts'
import { type AuthOptions, hasLogin } from './auth.ts'
import { type Config, type RegistryInFile, readConfig, underlay } from './config.ts'
import { LOG_LEVELS, type LogLevel } from './log.ts'
import { type MirrorFlags, mirrorsOf } from './mirrors.ts'
import { readRetention } from './retention.ts'
import { isBucket } from './storage.ts'
import { type WatchOptions, watchOptionsOf } from './watch-options.ts'
import { webhooksIn } from './webhook-options.ts'

export { UsageError } from '../input/values.ts'

/** What `ocikit serve` was told, checked. */
export interface CliOptions {
  readonly host: string
  readonly port: number
  /** The data folder or `s3://bucket/prefix`; `null` keeps everything in memory. */
  readonly data: string | null
  /** What is served in place of `data`, which is `null` then. */
  readonly registry?: RegistryInFile
  readonly auth: AuthOptions
  /** Files with a certificate and its key. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly publicUrl?: string
  readonly trustProxy?: true | readonly string[]
  readonly delete: boolean
  readonly sparse: boolean
  /** Clients get blobs from the bucket itself. */
  readonly redirect: boolean
  readonly maxManifestSize?: number
  readonly maxBlobSize?: number
  readonly quotas: readonly Quota[]
  readonly retention?: readonly RetentionRule[]
  /** How long what nobody refers to is kept, in milliseconds. */
  readonly gcGrace: number
  /** How often space is freed, in milliseconds; 0 for never. */
  readonly gcInterval: number
  readonly webhooks?: Webhooks
  /** Registries that are read through. */
  readonly mirrors?: MirrorFlags
  readonly watch: WatchOptions
  readonly cors?: '*' | readonly string[]
  readonly log: LogFormat
  readonly logLevel: LogLevel
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

/** How log lines look. */
export type LogFormat = 'json' | 'text' | 'off'

/**
 * Reads flags, `OCIKIT_*` variables and the configuration file; a flag wins over its variable, and that over the file.
 * @throws {@link UsageError} One line that never shows a password.
 */
export function readOptions(args: readonly string[], environment: Env): CliOptions {
  const flags = flagsOf(args)
  const file = flags.config ?? variable(environment, 'config')
  return optionsOf(flags, environment, file === undefined ? undefined : readConfig(file))
}

/** The same, of what was read already. @throws {@link UsageError} */
export function optionsOf(flags: Flags, environment: Env, config: Config | undefined): CliOptions {
  const env = config ? underlay(environment, config.variables) : environment
  const text = (flag: TextFlag) => flags[flag] ?? variable(env, flag)
  const on = (flag: SwitchFlag) => flags[flag] ?? switchOf(nameOf(flag), variable(env, flag))
  const size = (flag: 'max-manifest-size' | 'max-blob-size') => sizeOf(`--${flag}`, text(flag))

  const host = hostOf(text('host'))
  const auth = authOf(flags, env, config)
  const isOpen = !hasLogin(auth) && auth.policy === undefined && !auth.anonymousPull
  if (isOpen && !isLoopback(host) && on('insecure-open') !== true) {
    const where = `refusing to listen on ${JSON.stringify(host)} without a user: everybody could read, write and delete`
    throw new UsageError(where, 'add --user name:password, or --insecure-open if you mean it')
  }
  const maxManifestSize = size('max-manifest-size')
  const maxBlobSize = size('max-blob-size')
  const retention = text('retention')
  const cors = originsOf(flags.cors ?? variable(env, 'cors')?.split(',') ?? [])
  const mirrors = mirrorsOf(flags, env)
  const registry = config?.registry
  if (registry) requireAlone(registry, flags, env)
  const data = registry ? null : dataOf(flags, env)
  const hooks = webhooksIn(flags.webhook, env, config?.webhooks, text('public-url'))
  if (registry && hooks.webhooks)
    throw new UsageError(
      `webhooks need a storage, and the registry of --config ${registry.file} has none of its own`,
    )
  const redirect = on('redirect') ?? false
  if (redirect && !registry && !(data !== null && isBucket(data)))
    throw new UsageError('--redirect needs a bucket: nothing else has URLs of its own')
  return {
    host,
    port: portOf(text('port') ?? '5000'),
    data,
    ...(registry && { registry }),
    auth,
    ...tlsOf(text('tls-cert'), text('tls-key')),
    ...originOf(text('public-url'), flags['trust-proxy'] ?? variable(env, 'trust-proxy')?.split(',') ?? []),
    delete: deleteOf(flags.delete, env),
    sparse: on('sparse') ?? false,
    redirect,
    ...(maxManifestSize !== undefined && { maxManifestSize }),
    ...(maxBlobSize !== undefined && { maxBlobSize }),
    quotas: quotasOf(flags.quota ?? linesOf(env, 'quota')),
    ...(retention !== undefined && { retention: readRetention(retention) }),
    gcGrace: between('--gc-grace', text('gc-grace') ?? '24h', HOUR, '1h', YEAR, '365d'),
    gcInterval: intervalOf(text('gc-interval') ?? '1h'),
    ...hooks,
    ...(mirrors && { mirrors }),
    watch: watchOptionsOf(
      text,
      on,
      flags['immutable-tags'] ?? variable(env, 'immutable-tags')?.split(',') ?? [],
      data,
    ),
    ...(cors !== undefined && { cors }),
    log: logOf(text('log') ?? 'text'),
    logLevel: levelOf(text('log-level') ?? 'info'),
  }
}

function authOf(flags: Flags, env: Env, config: Config | undefined): AuthOptions {
  const text = (flag: 'htpasswd' | 'tokens' | 'policy') => flags[flag] ?? variable(env, flag)
  const on = (flag: 'anonymous-pull' | 'token-service') =>
    flags[flag] ?? switchOf(nameOf(flag), variable(env, flag)) ?? false
  const given = flags.user ?? linesOf(env, 'user')
  const [htpasswd, tokens, policy] = [text('htpasswd'), text('tokens'), text('policy') ?? config?.policy]
  const options: AuthOptions = {
    users: given.length > 0 ? usersOf(given) : (config?.users ?? []),
    ...(htpasswd !== undefined && { htpasswd }),
    ...(tokens !== undefined && { tokens }),
    anonymousPull: on('anonymous-pull'),
    tokenService: on('token-service'),
    ...(policy !== undefined && { policy }),
  }
  if (options.tokenService && !hasLogin(options))
    throw new UsageError(
      '--token-service needs somebody who can log in',
      'add --user, --htpasswd or --tokens',
    )
  return options
}

function tlsOf(cert: string | undefined, key: string | undefined): Pick<CliOptions, 'tls'> {
  if (cert === undefined && key === undefined) return {}
  if (cert !== undefined && key !== undefined) return { tls: { cert, key } }
  throw new UsageError('--tls-cert and --tls-key go together')
}

function originOf(
  publicUrl: string | undefined,
  list: readonly string[],
): Pick<CliOptions, 'publicUrl' | 'trustProxy'> {
  const trustProxy = list.includes('*') ? true : list.map((each) => each.trim()).filter(Boolean)
  try {
    proxies(publicUrl, trustProxy)
  } catch (error) {
    throw new UsageError(
      (error as Error).message.replace('publicUrl', '--public-url').replace(/^"/, '--trust-proxy: "'),
    )
  }
  return {
    ...(publicUrl !== undefined && { publicUrl }),
    ...((trustProxy === true || trustProxy.length > 0) && { trustProxy }),
  }
}

/** A variable that holds one value on each line. */
function linesOf(env: Env, name: 'user' | 'quota'): string[] {
  return variable(env, name)?.split(/\r?\n/).filter(Boolean) ?? []
}

function dataOf(flags: Flags, env: Env): string | null {
  const data = flags.data ?? (flags.memory === true ? undefined : variable(env, 'data'))
  const memory =
    flags.memory ?? (flags.data === undefined && switchOf('OCIKIT_MEMORY', variable(env, 'memory')))
  if (memory && data !== undefined)
    throw new UsageError('memory and a data folder exclude each other', 'choose --memory or --data')
  if (data === '') throw new UsageError('--data needs a folder')
  return memory ? null : (data ?? './data')
}

/** What is said of one storage for all stands with each store of a registry that is made of several. */
function requireAlone({ file }: RegistryInFile, flags: Flags, env: Env): void {
  const others = ['data', 'memory', 'sparse', 'quota', 'retention', 'mirror'] as const
  const other = others.find((name) => flags[name] ?? variable(env, name))
  if (other === undefined) return
  throw new UsageError(
    `--${other} and the registry of --config ${file} exclude each other`,
    'say it where the store stands in the file',
  )
}

function deleteOf(flag: boolean | undefined, env: Env): boolean {
  if (flag !== undefined) return flag
  const may = switchOf('OCIKIT_DELETE', variable(env, 'delete'))
  const mayNot = switchOf('OCIKIT_NO_DELETE', variable(env, 'no-delete'))
  if (may !== undefined && may === mayNot)
    throw new UsageError('OCIKIT_DELETE and OCIKIT_NO_DELETE contradict each other')
  return may ?? !(mayNot ?? false)
}

function usersOf(values: readonly string[]): AuthOptions['users'] {
  const users = values.map(userOf)
  const names = new Set(users.map(({ name }) => name))
  if (names.size < users.length) throw new UsageError('--user has the same name twice')
  return users
}

function intervalOf(value: string): number {
  return durationOf('--gc-interval', value) === 0
    ? 0
    : // A timer of the runtime has no more.
      between('--gc-interval', value, MINUTE, '1m', 20 * DAY, '20d, or 0 for never')
}

function between(flag: string, value: string, min: number, least: string, max: number, most: string): number {
  const duration = durationOf(flag, value)
  if (duration >= min && duration <= max) return duration
  throw new UsageError(`${flag} must be from ${least} to ${most}`)
}

function hostOf(value = '127.0.0.1'): string {
  const host = value.replace(/^\[(.*)\]$/, '$1')
  if (!/^[\w.:%-]+$/.test(host)) throw new UsageError('--host must be an address or a name')
  return host
}

function logOf(value: string): LogFormat {
  if (value === 'json' || value === 'text' || value === 'off') return value
  throw new UsageError('--log must be json, text or off')
}

function levelOf(value: string): LogLevel {
  const level = LOG_LEVELS.find((each) => each === value)
  if (level) return level
  throw new UsageError('--log-level must be debug, info, warn or error')
}

/** Whether only this machine can reach `host`. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
