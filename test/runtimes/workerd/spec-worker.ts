/** A registry as a Worker, set up by its variables. */

import {
  type DurableObjectNamespace,
  serve,
  UploadSessions,
  withUploadSessions,
} from '../../../adapters/cloudflare/index.ts'
import { type R2Bucket, r2 } from '../../../adapters/storage/r2/index.ts'
import { memory, ocikit, open } from '../../../src/index.ts'

interface Env {
  /** Absent: everything is in memory. */
  readonly BUCKET?: R2Bucket
  /** Absent: the bucket keeps upload sessions, too. */
  readonly SESSIONS?: DurableObjectNamespace
  readonly SPARSE?: string
  /** Two days have passed. */
  readonly LATER?: string
}

function storageFor({ BUCKET, SESSIONS }: Env) {
  if (!BUCKET) return memory()
  return SESSIONS ? withUploadSessions(r2(BUCKET), SESSIONS) : r2(BUCKET)
}

const logger = { debug() {}, info() {}, warn: console.warn, error: console.error }
const options = { storage: storageFor, auth: open(), logger }
const strict = serve(ocikit(options))
const sparse = serve(ocikit({ ...options, sparse: true }))
const later = serve(ocikit({ ...options, now: () => Date.now() + 2 * 24 * 60 * 60_000 }))

const handlerFor = ({ SPARSE, LATER }: Env) => (LATER ? later : SPARSE ? sparse : strict)

export { UploadSessions }
export default {
  fetch: (request: Request, env: Env, context: ExecutionContext) =>
    handlerFor(env).fetch(request, env, context),
  scheduled: (event: unknown, env: Env, context: ExecutionContext) =>
    handlerFor(env).scheduled(event, env, context),
}

type ExecutionContext = Parameters<ReturnType<typeof serve>['fetch']>[2]
