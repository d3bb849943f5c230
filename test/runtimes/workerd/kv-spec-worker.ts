/** A registry over KV as a Worker, set up by its variables. */

import {
  type DurableObjectNamespace,
  durableRecords,
  serve,
  UploadSessions,
} from '../../../adapters/cloudflare/index.ts'
import { cloudflareKv, type KvNamespace } from '../../../adapters/storage/kv/index.ts'
import { ocikit, open } from '../../../src/index.ts'

interface Env {
  readonly KV: KvNamespace
  /** Absent: KV keeps everything. */
  readonly SESSIONS?: DurableObjectNamespace
  readonly SPARSE?: string
  /** Two days have passed. */
  readonly LATER?: string
}

const storage = ({ KV, SESSIONS }: Env) =>
  cloudflareKv(KV, SESSIONS ? { records: durableRecords(SESSIONS) } : {})
const logger = { debug() {}, info() {}, warn: console.warn, error: console.error }
const strict = serve(ocikit({ storage, auth: open(), logger }))
const sparse = serve(ocikit({ storage, auth: open(), logger, sparse: true }))
const now = () => Date.now() + 2 * 24 * 60 * 60_000
const later = serve(ocikit({ storage, auth: open(), logger, now }))

const handlerFor = ({ SPARSE, LATER }: Env) => (LATER ? later : SPARSE ? sparse : strict)

export { UploadSessions }
export default {
  fetch: (request: Request, env: Env, context: ExecutionContext) =>
    handlerFor(env).fetch(request, env, context),
  scheduled: (event: unknown, env: Env, context: ExecutionContext) =>
    handlerFor(env).scheduled(event, env, context),
}

type ExecutionContext = Parameters<ReturnType<typeof serve>['fetch']>[2]
