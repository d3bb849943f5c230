import type { Hono } from 'hono'
import type { Auth } from './auth/index.ts'
import {
  type Collected,
  type CollectOptions,
  createStore,
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
import { type Context, defineRegistry, type Registry } from './registry.ts'
import {
  errorResponse,
  type Host,
  mount,
  perContext,
  perEnv,
  type ServerOptions,
  type Service,
  sameForAll,
  sealUploads,
  settingsOf,
} from './server/index.ts'
import type { Storage } from './storage/index.ts'

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
} & (StoreOptions<Env> | { registry: Registry | ((context: Context) => Registry) })

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
  const settings = settingsOf(options)
  const { logger } = options
  const pending = new Set<Promise<unknown>>()
  const defer = (work: Promise<unknown>): void => {
    const settled = work.catch((error) => logger?.error('deferred work failed', { error: String(error) }))
    pending.add(settled)
    void settled.finally(() => pending.delete(settled))
  }
  const serve = (plain: PlainOptions): Served => {
    const backend = backendOf(plain)
    const { auth } = plain
    return { ...backend, service: { registry: backend.served, auth, settings, logger, defer } }
  }
  const now = isPlain(options) ? serve(options) : null
  const served = now ? sameForAll(now) : perEnv(async (env) => serve(await plainOptions(options, env as Env)))
  const app = mount((env) => {
    const all = served.for(env)
    return all instanceof Promise ? all.then(({ service }) => service) : all.service
  }, options)
  return {
    app,
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
    async close() {
      while (pending.size > 0) await Promise.all(pending)
      for (const { storage } of await served.all()) await storage?.close?.()
    },
  }
}

/** Options that depend on nothing. */
type PlainOptions = ServerOptions &
  (PlainStoreOptions | { registry: Registry | ((context: Context) => Registry) })
type PlainStoreOptions = StoreOptions & { storage: Storage }

const NOTHING: Collected = {
  links: 0,
  contents: 0,
  bytes: 0,
  tags: 0,
  referrers: 0,
  repositories: 0,
  complete: true,
}

interface Backend {
  readonly registry: Registry
  /** The same, with sealed upload ids. */
  readonly served: Registry
  readonly storage?: Storage
}

interface Served extends Backend {
  readonly service: Service
}

function checkOptions<Env>(options: OcikitOptions<Env>): void {
  if (!options.auth) throw new TypeError('auth is missing: say who may do what, or write auth: open()')
  if ('storage' in options && 'registry' in options)
    throw new TypeError('give either storage or registry, not both')
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

function backendOf(options: PlainOptions): Backend {
  if ('storage' in options) {
    const {
      storage,
      sparse,
      uploadExpiry: grace,
      uploadMemory,
      quotas,
      retention,
      onFreed,
      redirect,
      now,
    } = options
    const registry = createStore({
      storage,
      ...(sparse === undefined ? {} : { sparse }),
      ...(grace === undefined ? {} : { grace }),
      ...(uploadMemory === undefined ? {} : { uploadMemory }),
      ...(quotas === undefined ? {} : { quotas }),
      ...(retention === undefined ? {} : { retention }),
      ...(onFreed === undefined ? {} : { onFreed }),
      ...(typeof redirect === 'object' ? { urlSeconds: redirect.seconds } : {}),
      ...(now === undefined ? {} : { now }),
    })
    return { registry, served: registry, storage }
  }
  if (!options.registry) throw new TypeError('give a storage to keep content in, or a registry to serve')
  let key = options.uploadKey
  if (key && key.length < 32) throw new TypeError('uploadKey must have at least 32 bytes')
  // Not before it is needed: Workers refuse random bytes while a module is loaded.
  const keyOf = () => {
    key ??= crypto.getRandomValues(new Uint8Array(32))
    return key
  }
  const registry = typeof options.registry === 'function' ? perContext(options.registry) : options.registry
  return { registry, served: sealUploads(registry, keyOf) }
}
