import { isSized } from '../../src/body.ts'
import { type Host, type Ocikit, RegistryError } from '../../src/index.ts'
import type { ExecutionContext } from './types.ts'
import { uploadOf } from './upload.ts'

/** What a Worker's module exports by default. */
export interface WorkerHandler {
  /** Answers a request. Never rejects. */
  fetch(request: Request, env: unknown, context: ExecutionContext): Promise<Response>
  /**
   * Removes upload sessions that have expired and what retention lets go, frees space, and sends again what webhooks
   * have not received: give the Worker a cron trigger, for example each hour, with webhooks each minute.
   */
  scheduled(event: unknown, env: unknown, context: ExecutionContext): Promise<void>
}

/** What a collector works off in one run: a Worker may ask R2 for so much only. */
const NOTES = 50
/** Tags and manifests that retention looks at in one run, and those of one repository more. */
const RECORDS = 200
/** Events that are sent in one run. Those of a request are sent after its answer; what is left are retries. */
const EVENTS = 200

/** Cloudflare's stream that gives exactly so many bytes, or fails. */
type FixedLengthStreamClass = new (length: number) => TransformStream<Uint8Array, Uint8Array>

/**
 * The Worker's face of a registry. Without it, as `export default ocikit({ ... })`, a registry works too, but
 * knows no client's address, has no cron trigger, and blobs from storages other than R2 come without a length.
 */
export function serve(
  kit: Pick<Ocikit, 'fetch' | 'sweep' | 'retain' | 'collect'> & Partial<Pick<Ocikit, 'webhooks'>>,
): WorkerHandler {
  return {
    async fetch(request, env, context) {
      const whole = new WeakSet<Response>()
      const upload = uploadOf(request, context)
      const address = request.headers.get('cf-connecting-ip')
      const host: Host = {
        waitUntil: (work) => context.waitUntil(work),
        ...(address === null ? {} : { address }),
        body: (asked) => (asked === request ? upload.body() : null),
        respond(bytes, init) {
          const response = new Response(bytes as Uint8Array<ArrayBuffer>, init)
          whole.add(response)
          return response
        },
      }
      const response = await kit.fetch(request, env, host)
      if (!response.ok) await upload.refused()
      return whole.has(response) ? response : sized(response)
    },
    async scheduled(_event, env) {
      const failures: unknown[] = []
      const failed = (error: unknown): void => void failures.push(error)
      // What one cannot read does not keep the next one from its work.
      await kit.sweep(env).catch(failed)
      await kit.retain(env, { limit: RECORDS }).catch(failed)
      await kit.collect(env, { limit: NOTES }).catch(ignoreUnsupported).catch(failed)
      await kit.webhooks?.drain(env, { limit: EVENTS }).catch(failed)
      if (failures.length > 0) throw failures[0]
    },
  }
}

/** Where no space can be freed, a trigger need not fail each hour for it. */
function ignoreUnsupported(error: unknown): void {
  if (!(error instanceof RegistryError && error.code === 'UNSUPPORTED')) throw error
}

/** Workers send a stream without its length, whatever the header says, unless the stream itself knows it. */
function sized(response: Response): Response {
  const Fixed = (globalThis as { FixedLengthStream?: FixedLengthStreamClass }).FixedLengthStream
  const length = response.headers.get('content-length')
  if (!Fixed || length === null || !response.body || isSized(response.body)) return response
  return new Response(response.body.pipeThrough(new Fixed(Number(length))), response)
}
