import type { Hono } from 'hono'
import { createStore, type Store } from './engine/index.ts'
import { RegistryError } from './oci/index.ts'
import type { Registry } from './registry.ts'
import {
  errorResponse,
  type Host,
  mount,
  type ServerOptions,
  type Service,
  sealUploads,
  settingsOf,
} from './server/index.ts'
import type { Storage } from './storage/index.ts'

/** What a store can be told. */
export interface StoreOptions {
  /** Where it keeps everything. */
  storage: Storage
  /** Accept manifests whose blobs and children are not here (false). */
  sparse?: boolean
  /** How long abandoned uploads are kept, in milliseconds (24 hours). */
  uploadExpiry?: number
  /** The clock, in milliseconds since 1970 (`Date.now`). */
  now?: () => number
}

/** Options of `ocikit()`: a storage to keep content in, or a registry to serve. */
export type OcikitOptions = ServerOptions & (StoreOptions | { registry: Registry })

/** A registry handler. */
export interface Ocikit {
  /**
   * Answers a request. Never throws and never rejects.
   * @param env Handed through to the application's own middleware.
   * @param host What the runtime knows beside the request: the shims fill it in.
   */
  fetch(request: Request, env?: unknown, host?: Host): Promise<Response>
  /** The same as a Hono application, to mount with `app.route()`. */
  readonly app: Hono
  /** What is served. */
  readonly registry: Registry
  /** Removes upload sessions that have expired. Servers call it at start and every hour. */
  sweep(): Promise<{ sessions: number }>
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
export function ocikit(options: OcikitOptions): Ocikit {
  if (!options.auth) throw new TypeError('auth is missing: say who may do what, or write auth: open()')
  const { registry, served, storage } = backendOf(options)
  const pending = new Set<Promise<unknown>>()
  const service: Service = {
    registry: served,
    auth: options.auth,
    settings: settingsOf(options),
    logger: options.logger,
    defer(work) {
      const settled = work.catch((error) =>
        options.logger?.error('deferred work failed', { error: String(error) }),
      )
      pending.add(settled)
      void settled.finally(() => pending.delete(settled))
    },
  }
  const app = mount(service, options)
  return {
    app,
    registry,
    async fetch(request, env, host = {}) {
      try {
        return await app.fetch(request, env as object, host as never)
      } catch (error) {
        // Hono lets through what is thrown and is no Error.
        options.logger?.error('internal error', { error: String(error) })
        return errorResponse(new RegistryError('UNKNOWN', 'internal error'))
      }
    },
    sweep: async () => ('sweep' in registry ? (registry as Store).sweep() : { sessions: 0 }),
    async close() {
      while (pending.size > 0) await Promise.all(pending)
      await storage?.close?.()
    },
  }
}

interface Backend {
  readonly registry: Registry
  /** The same, with sealed upload ids. */
  readonly served: Registry
  readonly storage?: Storage
}

function backendOf(options: OcikitOptions): Backend {
  if ('storage' in options && 'registry' in options)
    throw new TypeError('give either storage or registry, not both')
  if ('storage' in options) {
    const { storage, sparse, uploadExpiry: grace, now } = options
    const registry = createStore({
      storage,
      ...(sparse === undefined ? {} : { sparse }),
      ...(grace === undefined ? {} : { grace }),
      ...(now === undefined ? {} : { now }),
    })
    return { registry, served: registry, storage }
  }
  if (!options.registry) throw new TypeError('give a storage to keep content in, or a registry to serve')
  const key = options.uploadKey ?? crypto.getRandomValues(new Uint8Array(32))
  if (key.length < 32) throw new TypeError('uploadKey must have at least 32 bytes')
  return { registry: options.registry, served: sealUploads(options.registry, key) }
}
