import { Miniflare, type WorkerOptions } from 'miniflare'

/** For requests: workerd closes a connection after 5 idle seconds, and a slow machine may just be sending then. */
export const ONCE = { connection: 'close' } as const

/** Sends a request to a Worker, and has its answer as it is. */
export function plainly(request: Request): Promise<Response> {
  // Miniflare compresses JSON as Cloudflare would, but, unlike Cloudflare, in spite of `no-transform`.
  request.headers.set('accept-encoding', 'identity')
  request.headers.set('connection', ONCE.connection)
  return fetch(request)
}

/** A Worker that runs in workerd, behind a port of this machine. */
export interface RunningWorker {
  readonly url: string
  readonly miniflare: Miniflare
  stop(): Promise<void>
}

/** How a Worker is run, beside its code. */
export interface WorkerSetup {
  /** Whether it has a bucket, bound as `BUCKET` (true). */
  readonly bucket?: boolean
  /** Whether it has a KV namespace, bound as `KV` (false). */
  readonly kv?: boolean
  /** Turns Node's built-in modules on. */
  readonly nodejs?: boolean
  /** Class of the Durable Objects that are bound as `SESSIONS`. */
  readonly sessions?: string
  readonly bindings?: Record<string, string>
  /** A folder for what it keeps; without, that goes when it stops. */
  readonly data?: string
}

/** Starts a Worker. */
export async function startWorker(script: string, setup: WorkerSetup = {}): Promise<RunningWorker> {
  const worker: WorkerOptions = {
    modules: true,
    script,
    // As old as the pinned runtime; `nodejs_compat` is on by itself from 2026-08-04 on.
    compatibilityDate: '2026-07-30',
    compatibilityFlags: setup.nodejs ? ['nodejs_compat'] : [],
    r2Buckets: setup.bucket === false ? [] : ['BUCKET'],
    kvNamespaces: setup.kv ? ['KV'] : [],
    ...(setup.data === undefined ? {} : { defaultPersistRoot: setup.data }),
    ...(setup.bindings ? { bindings: setup.bindings } : {}),
    ...(setup.sessions
      ? { durableObjects: { SESSIONS: { className: setup.sessions, useSQLite: true } } }
      : {}),
  }
  const miniflare = new Miniflare({ host: '127.0.0.1', port: 0, ...worker })
  try {
    const url = (await miniflare.ready).origin
    return { url, miniflare, stop: () => miniflare.dispose() }
  } catch (error) {
    await miniflare.dispose()
    throw error
  }
}
