/**
 * Whether the registry lives, whether it can serve, and its numbers: for those who run it, not part of the API.
 * @module
 */

import { Hono } from 'hono/tiny'
import { RegistryError } from '../oci/index.ts'
import type { Logger } from './options.ts'
import { log } from './report.ts'
import { errorResponse, NO_STORE } from './respond.ts'

/** What is to be seen, and where it comes from. */
export interface Monitored {
  readonly health: boolean
  readonly metrics: boolean
  readonly logger: Logger | undefined
  /** Rejects while the storage cannot be reached. */
  ready(env: unknown): Promise<void>
  /** The text of `/metrics`. */
  numbers(env: unknown): Promise<string>
}

/** Whoever asks more often gets the same answer, so that nobody can keep the storage busy; in milliseconds. */
const REMEMBERED = 1000
/** Nobody waits longer for what somebody else has asked: a Worker drops the work of a client that leaves. */
const PATIENCE = 5000

/** An application with `/healthz` and `/readyz`, `/metrics`, or those of them that are asked for. */
export function monitor({ health, metrics, logger, ready, numbers }: Monitored): Hono {
  const app = new Hono()
  if (health) {
    const isReady = remembered((env) =>
      ready(env).then(
        () => true,
        (error: unknown) => {
          log(logger, 'error', 'not ready', { error: String(error) })
          return false
        },
      ),
    )
    app.get('/healthz', () => text('ok\n'))
    app.get('/readyz', async (c) => {
      if (await isReady(c.env)) return text('ready\n')
      return errorResponse(
        new RegistryError('UNAVAILABLE', 'the storage cannot be reached: the log says more'),
      )
    })
  }
  if (metrics)
    app.get('/metrics', async (c) => text(await numbers(c.env), 'text/plain; version=0.0.4; charset=utf-8'))
  return app
}

/** Asks once at a time; what comes of it counts for a second. */
export function remembered<T>(ask: (env: unknown) => Promise<T>): (env: unknown) => Promise<T> {
  let last: Promise<T> | undefined
  let until = 0
  return (env) => {
    if (last && performance.now() < until) return last
    until = performance.now() + PATIENCE
    last = ask(env).finally(() => {
      until = performance.now() + REMEMBERED
    })
    return last
  }
}

function text(body: string, type = 'text/plain; charset=utf-8'): Response {
  return new Response(body, { headers: { 'content-type': type, 'cache-control': NO_STORE } })
}
