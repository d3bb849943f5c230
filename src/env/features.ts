import type { Mirrors } from '../cache/index.ts'
import type { Retention, RetentionRule } from '../engine/index.ts'
import type { RateLimiter } from '../limits/index.ts'
import type { Registry } from '../registry.ts'
import type { Inspector, Metrics } from '../watch/index.ts'
import type { Webhook, WebhookOptions, Webhooks } from '../webhooks/index.ts'
import { durationOf, rateOf, sizeOf, switchOf, tagGlobsOf } from './values.ts'
import { nameOf, type Variables, variable } from './variables.ts'

/**
 * What variables may turn on, as functions of this package: what is not given is no part of the program, so that a small
 * Worker stays small.
 */
export interface EnvFeatures {
  /** For `OCIKIT_RATE_LIMIT`, as in `100/s`. */
  tokenBucket?: (options: { requests: number; per: number }) => RateLimiter
  /** For `OCIKIT_METRICS`. */
  metrics?: () => Metrics
  /** For `OCIKIT_INSPECT_HEADER`: `({ header }) => inspector({ header, to })`. */
  inspector?: (options: { header: string }) => Inspector
  /** For `OCIKIT_WEBHOOK`, a URL on each line, and `OCIKIT_WEBHOOK_SECRET`; `OCIKIT_PUBLIC_URL` is their `source`. */
  webhooks?: (webhooks: readonly Webhook[], options?: WebhookOptions) => Webhooks
  /** For `OCIKIT_RETENTION`: here the rules themselves, as JSON. */
  retention?: (rules: readonly RetentionRule[]) => Retention
  /** For `OCIKIT_IMMUTABLE_TAGS`, of `ocikit/compose`. */
  immutable?: (store: Registry, tags: readonly string[]) => Registry
  /** For `OCIKIT_MIRROR` and what else is about it, of `ocikit/cache`; needs `createClient`, too. */
  mirrors?: (options: EnvMirrors) => Mirrors
  /** Makes a client of a mirrored registry, of `ocikit/client`: `(url) => createClient(url, { credentials })`. */
  createClient?: (url: string) => Registry
}

/** What variables say of mirrors. */
export interface EnvMirrors {
  /** `OCIKIT_MIRROR`: a client for each host. */
  readonly upstreams: Readonly<Record<string, Registry>>
  /** `OCIKIT_MIRROR_TTL`, in milliseconds. */
  readonly ttl?: number
  /** `OCIKIT_MIRROR_MAX_SIZE`. */
  readonly maxBytes?: number
  /** `OCIKIT_MIRROR_OFFLINE`. */
  readonly offline?: boolean
}

/** Options of `ocikit()` that variables and features give together. */
export interface FeatureOptions {
  /** `OCIKIT_RATE_LIMIT`. */
  rateLimit?: RateLimiter
  /** `OCIKIT_METRICS`. */
  metrics?: Metrics
  /** `OCIKIT_INSPECT_HEADER`. */
  inspect?: Inspector
  /** `OCIKIT_WEBHOOK`. */
  webhooks?: Webhooks
  /** `OCIKIT_RETENTION`. */
  retention?: Retention
  /** `OCIKIT_IMMUTABLE_TAGS`. */
  wrap?: (store: Registry) => Registry
  /** `OCIKIT_MIRROR`. */
  mirrors?: Mirrors
}

/**
 * Options of features.
 * @throws TypeError for a variable that makes no sense, and for one whose feature is not given: what somebody relies on is
 * never left out in silence.
 */
export function featuresIn(variables: Variables, features: EnvFeatures): FeatureOptions {
  const text = (option: string): string | undefined => variable(variables, option)
  const needed = <F extends keyof EnvFeatures>(option: string, name: F): NonNullable<EnvFeatures[F]> => {
    const feature = features[name]
    if (feature) return feature
    throw new TypeError(`${nameOf(option)} needs ${name}: fromEnv(variables, { ${name} })`)
  }
  const isOn = (option: string) => switchOf(nameOf(option), text(option) ?? '0')
  const made: FeatureOptions = {}
  const rate = text('rate-limit')
  if (rate !== undefined)
    made.rateLimit = needed('rate-limit', 'tokenBucket')(rateOf(nameOf('rate-limit'), rate))
  if (isOn('metrics')) made.metrics = needed('metrics', 'metrics')()
  const header = text('inspect-header')
  if (header !== undefined) made.inspect = needed('inspect-header', 'inspector')({ header })
  const urls = linesIn(text('webhook'))
  if (urls.length > 0) made.webhooks = webhooksIn(urls, variables, needed('webhook', 'webhooks'))
  const rules = text('retention')
  if (rules !== undefined) made.retention = needed('retention', 'retention')(rulesIn(rules))
  const globs = tagGlobsOf(nameOf('immutable-tags'), text('immutable-tags')?.split(',') ?? [])
  if (globs.length > 0) {
    const immutable = needed('immutable-tags', 'immutable')
    made.wrap = (store) => immutable(store, globs)
  }
  const mirrored = text('mirror')?.split(',') ?? []
  if (mirrored.length > 0) {
    const upstreams = upstreamsIn(mirrored, needed('mirror', 'createClient'))
    made.mirrors = needed('mirror', 'mirrors')({ upstreams, ...mirroringIn(variables) })
  }
  return made
}

/** What stands on the lines of a variable. */
export function linesIn(text: string | undefined): string[] {
  return text?.split(/\r?\n/).filter(Boolean) ?? []
}

function webhooksIn(
  urls: readonly string[],
  variables: Variables,
  webhooks: NonNullable<EnvFeatures['webhooks']>,
): Webhooks {
  const secret = variable(variables, 'webhook-secret')
  if (secret === undefined)
    throw new TypeError('OCIKIT_WEBHOOK needs OCIKIT_WEBHOOK_SECRET: at least 24 characters')
  const source = variable(variables, 'public-url')
  return webhooks(
    urls.map((url) => ({ url, secret })),
    source === undefined ? {} : { source },
  )
}

/** Whether they are rules is said by who takes them. */
function rulesIn(text: string): readonly RetentionRule[] {
  try {
    return JSON.parse(text) as readonly RetentionRule[]
  } catch {
    throw new TypeError('OCIKIT_RETENTION must be rules as JSON, and no file: there is none here')
  }
}

/** `docker.io=https://registry-1.docker.io`; without a URL it is where its host says. */
function upstreamsIn(
  values: readonly string[],
  createClient: NonNullable<EnvFeatures['createClient']>,
): Record<string, Registry> {
  const upstreams = values.map((value) => {
    const [, host = '', url = host] = /^\s*([^=]*?)(?:=(.*?))?\s*$/.exec(value) ?? []
    return [host, createClient(url)] as const
  })
  if (new Set(upstreams.map(([host]) => host)).size < upstreams.length)
    throw new TypeError('OCIKIT_MIRROR has the same host twice')
  return Object.fromEntries(upstreams)
}

function mirroringIn(variables: Variables): Omit<EnvMirrors, 'upstreams'> {
  const [ttl, size, offline] = ['mirror-ttl', 'mirror-max-size', 'mirror-offline'].map((option) =>
    variable(variables, option),
  )
  return {
    ...(ttl === undefined ? {} : { ttl: durationOf('OCIKIT_MIRROR_TTL', ttl) }),
    ...(size === undefined ? {} : { maxBytes: sizeOf('OCIKIT_MIRROR_MAX_SIZE', size) }),
    ...(offline === undefined ? {} : { offline: switchOf('OCIKIT_MIRROR_OFFLINE', offline) }),
  }
}
