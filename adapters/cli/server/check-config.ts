import { readFileSync } from 'node:fs'
import { memory } from '../../../src/index.ts'
import { type Env, nameOf } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import { type AuthOptions, authOf } from './auth.ts'
import { type Config, inspectConfig } from './config.ts'
import { createLogger } from './log.ts'
import { type CliOptions, optionsOf } from './options.ts'
import { fileAt, type Surroundings, secretOf } from './registry-expression/surroundings.ts'
import { parseJson } from './reread.ts'
import { readRetention } from './retention.ts'
import { openTls } from './tls.ts'

/** Something in a configuration file that `serve` would refuse. */
export interface Mistake {
  /** Where it is, as in `auth.users[0].name`; a variable, if that wins over the file; or `the file`. */
  readonly place: string
  /** What is wrong, without any secret. */
  readonly message: string
}

/** Where the file says what a flag says. */
export const PLACES: Readonly<Record<string, string>> = {
  host: 'listen.host',
  port: 'listen.port',
  'public-url': 'listen.publicUrl',
  'trust-proxy': 'listen.trustProxy',
  'tls-cert': 'tls.cert',
  'tls-key': 'tls.key',
  data: 'storage.data',
  memory: 'storage.memory',
  sparse: 'storage.sparse',
  redirect: 'storage.redirect',
  delete: 'storage.delete',
  'gc-grace': 'storage.gcGrace',
  'gc-interval': 'storage.gcInterval',
  retention: 'storage.retention',
  user: 'auth.users',
  htpasswd: 'auth.htpasswd',
  tokens: 'auth.tokens',
  'anonymous-pull': 'auth.anonymousPull',
  'token-service': 'auth.tokenService',
  'insecure-open': 'auth.insecureOpen',
  policy: 'policy',
  'max-manifest-size': 'limits.maxManifestSize',
  'max-blob-size': 'limits.maxBlobSize',
  quota: 'limits.quotas',
  'read-only': 'limits.readOnly',
  'immutable-tags': 'limits.immutableTags',
  'rate-limit': 'limits.rateLimit',
  'min-free': 'limits.minFree',
  health: 'monitor.health',
  metrics: 'monitor.metrics',
  'monitor-port': 'monitor.port',
  'inspect-header': 'monitor.inspectHeader',
  webhook: 'events.webhooks',
  mirror: 'mirrors.upstreams',
  'mirror-ttl': 'mirrors.ttl',
  'mirror-max-size': 'mirrors.maxSize',
  'mirror-offline': 'mirrors.offline',
  cors: 'cors',
  log: 'log',
  'log-level': 'logLevel',
}

/**
 * Every mistake in a configuration file, and in the files that it names, that `serve` would tell of before it listens.
 * Nothing is opened for writing, no storage and no other registry is asked.
 *
 * @param env Wins over the file, as with `serve`, and has the secrets that the file names.
 */
export async function checkConfig(file: string, env: Env): Promise<readonly Mistake[]> {
  const { config, mistakes } = inspectConfig(file)
  if (!config) return mistakes.map(inFile)
  const { options, wrong } = optionsIn(config, env)
  const around = { file, env, logger: createLogger('off', process.stderr), grace: 0 }
  const named = options ? await mistakesInFiles(options, env) : []
  const { registry } = parseJson(readFileSync(file, 'utf8')) as { registry?: unknown }
  return [...wrong, ...named, ...mistakesWithin(registry, 'registry', around)]
}

/** `place: what is wrong`. */
function inFile(complaint: string): Mistake {
  const [, place, message] = /^([\w.[\]$:-]+|the file): (.*)$/s.exec(complaint) ?? []
  return place === undefined ? { place: 'the file', message: complaint } : { place, message: message! }
}

/** What is wrong is told and then left out, so that the next mistake shows. */
function optionsIn(config: Config, env: Env): { options?: CliOptions; wrong: Mistake[] } {
  const wrong: Mistake[] = []
  const variables = { ...config.variables }
  for (;;) {
    try {
      return { options: optionsOf({}, env, { ...config, variables }), wrong }
    } catch (error) {
      wrong.push(mistakeOf(error, env))
      const [, flag = ''] = /^--([\w-]+)/.exec((error as Error).message) ?? []
      const isOfFile = Object.hasOwn(variables, nameOf(flag)) && !env[nameOf(flag)]
      if (!isOfFile) return { wrong }
      delete variables[nameOf(flag)]
    }
  }
}

/** The files that are read when a server starts, and again later. */
async function mistakesInFiles({ tls, auth }: CliOptions, env: Env): Promise<Mistake[]> {
  const logger = createLogger('off', process.stderr)
  const none: AuthOptions = { users: [], anonymousPull: false, tokenService: false }
  const { htpasswd, tokens, policy } = auth
  const parts: AuthOptions[] = [
    ...(htpasswd === undefined ? [] : [{ ...none, htpasswd }]),
    ...(tokens === undefined ? [] : [{ ...none, tokens }]),
    ...(policy === undefined ? [] : [{ ...none, policy }]),
  ]
  const reads = [
    ...(tls ? [() => openTls(tls, logger)] : []),
    ...parts.map((part) => () => authOf(part, memory(), logger)),
  ]
  const mistakes: Mistake[] = []
  for (const read of reads) await read().catch((error: unknown) => mistakes.push(mistakeOf(error, env)))
  return mistakes
}

/** What a flag is refused for is a mistake where the file, or a variable above it, says the same. */
function mistakeOf(error: unknown, env: Env): Mistake {
  if (!(error instanceof UsageError)) throw error
  const [, variable, said] = /^(OCIKIT_[A-Z_]+):? (.*)$/s.exec(error.message) ?? []
  if (variable !== undefined) return { place: variable, message: said! }
  const nameAt = (flag: string) => (env[nameOf(flag)] ? nameOf(flag) : (PLACES[flag] ?? `--${flag}`))
  const [, flag, rest = error.message] = /^--([\w-]+):? (.*)$/s.exec(error.message) ?? []
  return {
    place: flag === undefined ? 'the file' : nameAt(flag),
    message: rest.replace(/--([\w-]+)/g, (_, name: string) => nameAt(name)),
  }
}

/** Keys of secrets, each `{ "env": VARIABLE }` or `{ "file": FILE }`. */
const SECRETS: readonly string[] = [
  'password',
  'identityToken',
  'registryToken',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
]

/** What the registries of a file need beside it: secrets, and rules of retention. */
function mistakesWithin(value: unknown, place: string, around: Surroundings): Mistake[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const at = Array.isArray(value) ? `${place}[${key}]` : `${place}.${key}`
    // A host of `route` may be called like a field.
    const isRegistry = Object.hasOwn(Object(inner), 'kind')
    if (SECRETS.includes(key) && !isRegistry) return complaintsOf(at, () => secretOf(inner as object, around))
    if (key === 'retention' && !isRegistry)
      return complaintsOf(at, () => readRetention(fileAt(around, inner as string)))
    return mistakesWithin(inner, at, around)
  })
}

function complaintsOf(place: string, read: () => unknown): Mistake[] {
  try {
    read()
    return []
  } catch (error) {
    return [{ place, message: (error as Error).message.replace(/^--[\w-]+:? /, '') }]
  }
}
