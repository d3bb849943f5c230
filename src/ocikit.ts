import type { Hono } from 'hono'
import type { Auth } from './auth/index.ts'
import { type Backend, backendOf, type PlainOptions } from './backend.ts'
import type { Mirrors } from './cache/index.ts'
import {
  type Collected,
  type CollectOptions,
  type FreedListener,
  NOTHING_RETAINED,
  type Quota,
  type Retained,
  type RetainOptions,
  type Retention,
  type Store,
  type Usage,
  type UsageOptions,
} from './engine/index.ts'
import { RegistryError } from './oci/index.ts'
import { checkPassedIn } from './passed-in.ts'
import { type Context, defineRegistry, type Registry } from './registry.ts'
import {
  errorResponse,
  type Host,
  monitor,
  mount,
  perEnv,
  remembered,
  type ServerOptions,
  type Service,
  type Switches,
  sameForAll,
  settingsOf,
} from './server/index.ts'
import type { Storage } from './storage/index.ts'
import type { ToldOptions } from './told.ts'
import { inTime, reach } from './watch/index.ts'
import { type KitWebhooks, NO_OUTBOX, outboxFor, type Webhooks } from './webhooks/index.ts'

/**
 * A value, or a function that makes it of the runtime's bindings, which Cloudflare's Workers get with each request.
 * It is called once for each `env` object, at its first request, and must not be used where every request has an
 * `env` of its own, as on Node.
 */
export type FromEnv<T, Env> = T | ((env: Env) => T | Promise<T>)

/** What a store can be told. */
export interface StoreOptions<Env = unknown> {
  /** Where it keeps everything. */
  storage: FromEnv<Storage, Env>
  /** Accept manifests whose blobs and children are not here (false). */
  sparse?: boolean
  /**
   * How long abandoned uploads and whatever no manifest refers to are kept, in milliseconds (24 hours). The same in
   * all processes that use a storage.
   */
  uploadExpiry?: number
  /**
   * Memory in bytes for uploads that do not say how long they are, where the storage wants to know; those that find
   * none left wait (48 MiB).
   */
  uploadMemory?: number
  /** What may be kept in some repositories (no limit). The same in all processes that use a storage. */
  quotas?: readonly Quota[]
  /** What goes because of its age or number (nothing). The same in all processes that use a storage. */
  retention?: Retention
  /** Is told what the collector and retention have freed. */
  onFreed?: FreedListener
  /** Who is told of changes over HTTP: what `webhooks()` makes (nobody). */
  webhooks?: Webhooks
  /**
   * Registries to read through, each below its name and in the same storage: what `mirrors()` of `ocikit/cache` makes
   * (none).
   */
  mirrors?: Mirrors
  /**
   * Serves something made of the store, as in `wrap: (store) => immutable(store)` of `ocikit/compose`; upkeep stays with
   * the store itself (nothing).
   */
  wrap?: (store: Registry) => Registry
  /** The clock, in milliseconds since 1970 (`Date.now`). */
  now?: () => number
}

/**
 * Options of `ocikit()`: a storage to keep content in, or a registry to serve. A function gives each tenant its own; it
 * must give the same one for the same tenant, which it makes itself and sweeps itself.
 */
export type OcikitOptions<Env = unknown> = Omit<ServerOptions, 'auth'> & {
  /** Who may do what. Required, so that nobody opens a registry by leaving something out: see `open()`. */
  auth: FromEnv<Auth, Env>
} & ToldOptions &
  (StoreOptions<Env> | { registry: Registry | ((context: Context) => Registry) })

/** A registry handler. */
export interface Ocikit {
  /**
   * Answers a request. Never throws and never rejects.
   * @param env Handed through to the application's own middleware, and to options that are functions of it.
   * @param host What the runtime knows beside the request: the shims fill it in.
   */
  fetch(request: Request, env?: unknown, host?: Host): Promise<Response>
  /** The same as a Hono application, to mount with `app.route()`. */
  readonly app: Hono
  /**
   * While true, whatever would change something is refused with 405, also the rest of uploads that have begun: their
   * state is kept. Requests that are being served end as they would have; `sweep()`, `retain()` and `collect()` do what
   * they are told. Of this process or isolate only.
   */
  readOnly: boolean
  /**
   * `/healthz`, `/readyz` and `/metrics`, as far as the options ask for them: for a port of its own, see
   * `monitorApart`.
   */
  readonly monitor: { fetch(request: Request, env?: unknown): Promise<Response> }
  /** What is served. While that depends on an `env`, it supports nothing: only requests have one. */
  readonly registry: Registry
  /**
   * Removes upload sessions that have expired. Servers call it at start and every hour.
   * @param env Needed when options are functions of it.
   */
  sweep(env?: unknown): Promise<{ sessions: number }>
  /**
   * Frees what no manifest refers to, while clients push: {@link Store.collect}. To be called after `sweep()`, for
   * example every hour. Of a `registry` that cannot, it frees nothing.
   * @param env Needed when options are functions of it.
   * @throws {@link RegistryError} `UNSUPPORTED` where the storage promises too little for that.
   */
  collect(env?: unknown, options?: CollectOptions): Promise<Collected>
  /**
   * Removes the tags and manifests that `retention` lets go: {@link Store.retain}. To be called after `sweep()` and
   * before `collect()`, some times a day. Of a `registry` that cannot, it removes nothing.
   * @param env Needed when options are functions of it.
   */
  retain(env?: unknown, options?: RetainOptions): Promise<Retained>
  /**
   * How full each quota is and, if asked for, what each repository keeps. Of a `registry` that cannot tell, nothing.
   * @param env Needed when options are functions of it.
   */
  usage(env?: unknown, options?: UsageOptions): Promise<Usage>
  /** What waits to be sent to webhooks. Servers call its `drain()` every few seconds. */
  readonly webhooks: KitWebhooks
  /** Waits for deferred work and lets go of the storage. No request may follow. */
  close(): Promise<void>
}

/**
 * Makes a registry handler.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open } from 'ocikit'
 *
 * const registry = ocikit({ storage: memory(), auth: open() })
 * const response = await registry.fetch(new Request('http://localhost/v2/'))
 * console.log(response.status) // 200
 * ```
 * @throws TypeError for options that do not fit together.
 */
export function ocikit<Env = unknown>(options: OcikitOptions<Env>): Ocikit {
  checkOptions(options)
  const settings = settingsOf(options, 'storage' in options ? options.mirrors?.names : undefined)
  const { logger, metrics, inspect: inspector, rateLimit: limiter } = options
  const switches: Switches = { readOnly: options.readOnly ?? false }
  const pending = new Set<Promise<unknown>>()
  const defer = (work: Promise<unknown>): void => {
    const settled = work.catch((error) => logger?.error('deferred work failed', { error: String(error) }))
    pending.add(settled)
    void settled.finally(() => pending.delete(settled))
  }
  const serve = (plain: PlainOptions): Served => {
    const backend = backendOf(plain)
    const { auth } = plain
    const watchers = { inspector, metrics }
    const service = {
      registry: backend.served,
      auth,
      settings,
      logger,
      switches,
      limiter,
      defer,
      ...watchers,
    }
    return { ...backend, service }
  }
  const now = isPlain(options) ? serve(options) : null
  const served = now ? sameForAll(now) : perEnv(async (env) => serve(await plainOptions(options, env as Env)))
  const webhooks = outboxFor(async (env) => (await served.for(env)).outbox ?? NO_OUTBOX)
  // A storage that hangs must not take the other numbers with it.
  const eventsKept = remembered((env) => inTime(() => webhooks.counts(env)).catch(() => undefined))
  const seen = monitor({
    health: options.health ?? false,
    metrics: metrics !== undefined,
    logger,
    async ready(env) {
      // Which registry it is depends on a request: each of them is its maker's to watch.
      if (!('registry' in options && typeof options.registry === 'function')) await reach(served.for(env))
    },
    async numbers(env) {
      const kept = 'webhooks' in options ? await eventsKept(env) : undefined
      const events = kept && { webhooksPending: kept.pending, webhooksUndeliverable: kept.undeliverable }
      return metrics!.text({ readOnly: switches.readOnly, ...events })
    },
  })
  const app = mount(
    (env) => {
      const all = served.for(env)
      return all instanceof Promise ? all.then(({ service }) => service) : all.service
    },
    options,
    options.monitorApart ? undefined : seen,
  )
  return {
    app,
    get readOnly() {
      return switches.readOnly
    },
    set readOnly(on) {
      switches.readOnly = on
    },
    monitor: { fetch: async (request, env) => seen.fetch(request, env as object) },
    registry: now?.registry ?? defineRegistry({}),
    async fetch(request, env, host = {}) {
      try {
        return await app.fetch(request, env as object, host as never)
      } catch (error) {
        // Hono lets through what is thrown and is no Error.
        logger?.error('internal error', { error: String(error) })
        return errorResponse(new RegistryError('UNKNOWN', 'internal error'))
      }
    },
    async sweep(env) {
      const { registry, service } = await served.for(env)
      const swept = 'sweep' in registry ? await (registry as Store).sweep() : { sessions: 0 }
      await service.auth.sweep?.()
      return swept
    },
    async collect(env, collecting) {
      const { registry } = await served.for(env)
      return 'collect' in registry ? (registry as Store).collect(collecting) : NOTHING
    },
    async retain(env, retaining) {
      const { registry } = await served.for(env)
      return 'retain' in registry ? (registry as Store).retain(retaining) : NOTHING_RETAINED
    },
    async usage(env, asked) {
      const { registry } = await served.for(env)
      return 'usage' in registry ? (registry as Store).usage(asked) : { quotas: [] }
    },
    webhooks,
    async close() {
      // Not later: deferred work may wait for a receiver.
      for (const { outbox } of await served.all()) await outbox?.close()
      for (const { mirrors } of await served.all()) await mirrors?.close()
      while (pending.size > 0) await Promise.all(pending)
      for (const { storage } of await served.all()) await storage?.close?.()
    },
  }
}

const NOTHING: Collected = {
  links: 0,
  contents: 0,
  bytes: 0,
  tags: 0,
  referrers: 0,
  repositories: 0,
  complete: true,
}

interface Served extends Backend {
  readonly service: Service
}

function checkOptions<Env>(options: OcikitOptions<Env>): void {
  if (!options.auth) throw new TypeError('auth is missing: say who may do what, or write auth: open()')
  if ('storage' in options && 'registry' in options)
    throw new TypeError('give either storage or registry, not both')
  checkPassedIn(options)
}

function isPlain<Env>(options: OcikitOptions<Env>): options is PlainOptions & OcikitOptions<Env> {
  return (
    typeof options.auth !== 'function' && !('storage' in options && typeof options.storage === 'function')
  )
}

async function plainOptions<Env>(options: OcikitOptions<Env>, env: Env): Promise<PlainOptions> {
  const auth = await valueFor(options.auth, env)
  if (!('storage' in options)) return { ...options, auth }
  return { ...options, auth, storage: await valueFor(options.storage, env) }
}

async function valueFor<T extends object, Env>(value: FromEnv<T, Env>, env: Env): Promise<T> {
  return typeof value === 'function' ? value(env) : value
}
