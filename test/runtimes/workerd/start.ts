import { Miniflare, type WorkerOptions } from 'miniflare'

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
  /** Turns Node's built-in modules on. */
  readonly nodejs?: boolean
  /** Class of the Durable Objects that are bound as `SESSIONS`. */
  readonly sessions?: string
  readonly bindings?: Record<string, string>
}

/** Starts a Worker, whose bucket is empty. */
export async function startWorker(script: string, setup: WorkerSetup = {}): Promise<RunningWorker> {
  const worker: WorkerOptions = {
    modules: true,
    script,
    // As old as the pinned runtime; `nodejs_compat` is on by itself from 2026-08-04 on.
    compatibilityDate: '2026-07-30',
    compatibilityFlags: setup.nodejs ? ['nodejs_compat'] : [],
    r2Buckets: setup.bucket === false ? [] : ['BUCKET'],
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
