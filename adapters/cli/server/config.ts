import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { complaintOf } from '../../../src/auth/complaint.ts'
import { type Policy, parsePolicy, type User, users } from '../../../src/index.ts'
import { object, size, text, time } from '../input/fields.ts'
import { type Env, nameOf } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import { LOG_LEVELS } from './log.ts'
import { expression } from './registry-expression/expression.ts'
import type { Opener } from './registry-expression/kind.ts'
import { parseJson } from './reread.ts'
import { isBucket } from './storage.ts'
import { type WebhookInFile, webhookInFile } from './webhook-options.ts'

/** What a configuration file says. */
export interface Config {
  /** As if they were set in the environment. */
  readonly variables: Env
  readonly users: readonly User[]
  readonly policy?: Policy
  readonly webhooks?: readonly WebhookInFile[]
  /** What is served in place of a storage. */
  readonly registry?: RegistryInFile
}

/** A registry made of others, as a file describes it. */
export interface RegistryInFile {
  /** The file. */
  readonly file: string
  readonly open: Opener
}

const flag = v.optional(v.boolean())
const port = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(0, 'must be 0 or more'),
  v.maxValue(65535, 'must be 65535 or less'),
)

const schema = object({
  $schema: v.optional(v.string()),
  listen: v.optional(
    object({
      host: v.optional(text),
      port: v.optional(port),
      publicUrl: v.optional(text),
      trustProxy: v.optional(v.array(text)),
    }),
  ),
  tls: v.optional(object({ cert: text, key: text })),
  storage: v.optional(
    object({
      data: v.optional(text),
      memory: flag,
      sparse: flag,
      redirect: flag,
      delete: flag,
      gcGrace: v.optional(time),
      gcInterval: v.optional(time),
      retention: v.optional(text),
    }),
  ),
  registry: v.optional(expression),
  auth: v.optional(
    object({
      users: v.optional(
        v.array(
          object({
            name: text,
            password: text,
            groups: v.optional(v.array(text)),
          }),
        ),
      ),
      htpasswd: v.optional(text),
      tokens: v.optional(text),
      anonymousPull: flag,
      tokenService: flag,
      insecureOpen: flag,
    }),
  ),
  policy: v.optional(v.union([text, v.looseObject({})], 'must be rules, or the name of a file with rules')),
  limits: v.optional(
    object({
      maxManifestSize: v.optional(size),
      maxBlobSize: v.optional(size),
      quotas: v.optional(v.array(text)),
      readOnly: flag,
      immutableTags: v.optional(v.array(text)),
      rateLimit: v.optional(text),
      minFree: v.optional(text),
    }),
  ),
  monitor: v.optional(
    object({ health: flag, metrics: flag, port: v.optional(port), inspectHeader: v.optional(text) }),
  ),
  events: v.optional(object({ webhooks: v.optional(v.array(webhookInFile)) })),
  mirrors: v.optional(
    object({
      upstreams: v.record(text, text),
      ttl: v.optional(time),
      maxSize: v.optional(size),
      offline: flag,
    }),
  ),
  cors: v.optional(v.array(text)),
  log: v.optional(v.picklist(['text', 'json', 'off'], 'must be text, json or off')),
  logLevel: v.optional(v.picklist(LOG_LEVELS, 'must be debug, info, warn or error')),
})

type Parsed = v.InferOutput<typeof schema>

/**
 * Reads a configuration file. Names of files in it are relative to its own folder.
 * @throws {@link UsageError} One line that names the place in the file, and shows no value.
 */
export function readConfig(path: string): Config {
  const { config, mistakes } = inspectConfig(path)
  if (config) return config
  throw new UsageError(`--config ${path}: ${mistakes[0]}`)
}

/** The same with every mistake, each as a line that begins with its place in the file. */
export function inspectConfig(
  path: string,
): { config: Config; mistakes?: undefined } | { config?: undefined; mistakes: readonly string[] } {
  try {
    const formed = formOf(readFileSync(path, 'utf8'))
    if ('mistakes' in formed) return formed
    const mistakes = [usersIn, policyIn].flatMap((read) => complaintsOf(() => read(formed.config)))
    return mistakes.length > 0 ? { mistakes } : { config: configOf(formed.config, path) }
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return { mistakes: [missing ? 'there is no such file' : (error as Error).message] }
  }
}

function formOf(content: string): { config: Parsed } | { mistakes: string[] } {
  const result = v.safeParse(schema, parseJson(content), { abortPipeEarly: true })
  if (result.success) return { config: result.output }
  return { mistakes: result.issues.map((issue) => complaintOf(issue, 'the file')) }
}

function complaintsOf(read: () => unknown): string[] {
  try {
    read()
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

function configOf(config: Parsed, path: string): Config {
  const policy = policyIn(config)
  return {
    variables: variablesOf(config, (file) => resolve(dirname(path), file)),
    users: usersIn(config),
    ...(policy && { policy }),
    ...(config.events?.webhooks && { webhooks: config.events.webhooks }),
    ...(config.registry && { registry: { file: path, open: config.registry } }),
  }
}

function usersIn({ auth }: Parsed): User[] {
  const list = (auth?.users ?? []).map(({ groups, ...user }) => (groups ? { ...user, groups } : user))
  within('auth.users', () => users(list))
  return list
}

function policyIn(config: Parsed): Policy | undefined {
  const rules = typeof config.policy === 'object' ? (config.policy as unknown as Policy) : undefined
  return rules && within('policy', () => parsePolicy(rules), '.')
}

function variablesOf(
  { listen, tls, storage, auth, policy, limits, monitor, mirrors, cors, log, logLevel }: Parsed,
  at: (file: string) => string,
): Env {
  const file = (name: string | undefined) => (name === undefined ? undefined : at(name))
  const data = storage?.data
  const values: Readonly<Record<string, string | number | boolean | undefined>> = {
    host: listen?.host,
    port: listen?.port,
    'public-url': listen?.publicUrl,
    'trust-proxy': listen?.trustProxy?.join(','),
    'tls-cert': file(tls?.cert),
    'tls-key': file(tls?.key),
    data: data !== undefined && isBucket(data) ? data : file(data),
    memory: storage?.memory,
    sparse: storage?.sparse,
    redirect: storage?.redirect,
    delete: storage?.delete,
    'gc-grace': storage?.gcGrace,
    'gc-interval': storage?.gcInterval,
    retention: file(storage?.retention),
    htpasswd: file(auth?.htpasswd),
    tokens: file(auth?.tokens),
    'anonymous-pull': auth?.anonymousPull,
    'token-service': auth?.tokenService,
    'insecure-open': auth?.insecureOpen,
    policy: typeof policy === 'string' ? file(policy) : undefined,
    'max-manifest-size': limits?.maxManifestSize,
    'max-blob-size': limits?.maxBlobSize,
    quota: limits?.quotas?.join('\n'),
    'read-only': limits?.readOnly,
    'immutable-tags': limits?.immutableTags?.join(','),
    'rate-limit': limits?.rateLimit,
    'min-free': limits?.minFree,
    health: monitor?.health,
    metrics: monitor?.metrics,
    'monitor-port': monitor?.port,
    'inspect-header': monitor?.inspectHeader,
    mirror: upstreamsIn(mirrors),
    'mirror-ttl': mirrors?.ttl,
    'mirror-max-size': mirrors?.maxSize,
    'mirror-offline': mirrors?.offline,
    cors: cors?.join(','),
    log,
    'log-level': logLevel,
  }
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [nameOf(name), String(value)]))
}

function upstreamsIn(mirrors: Parsed['mirrors']): string | undefined {
  const upstreams = Object.entries(mirrors?.upstreams ?? {})
  return mirrors && upstreams.map(([host, url]) => `${host}=${url}`).join(',')
}

/** Where two variables say one thing, those of the environment win over both of the file. */
const PAIRS = [
  ['data', 'memory'],
  ['delete', 'no-delete'],
].map((pair) => pair.map(nameOf))

/** The environment, and below it what the file says. */
export function underlay(env: Env, variables: Env): Env {
  const hidden = PAIRS.filter((pair) => pair.some((name) => env[name])).flat()
  const rest = Object.entries(variables).filter(([name]) => !hidden.includes(name))
  const own = Object.entries(env).filter(([, value]) => value !== '')
  return { ...Object.fromEntries(rest), ...Object.fromEntries(own) }
}

/** What another reader complains about gets the place that it does not know. */
function within<T>(place: string, read: () => T, joint = ': '): T {
  try {
    return read()
  } catch (error) {
    const { message } = error as Error
    const inner =
      joint === '.' && message.startsWith('the policy: ')
        ? message.slice('the policy'.length)
        : `${joint}${message}`
    throw new TypeError(`${place}${inner}`)
  }
}
