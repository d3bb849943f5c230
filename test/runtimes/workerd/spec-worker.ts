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
}

function storageFor({ BUCKET, SESSIONS }: Env) {
  if (!BUCKET) return memory()
  return SESSIONS ? withUploadSessions(r2(BUCKET), SESSIONS) : r2(BUCKET)
}

const logger = { debug() {}, info() {}, warn: console.warn, error: console.error }
const handlers = [false, true].map((sparse) =>
  serve(ocikit({ storage: storageFor, auth: open(), sparse, logger })),
)

export { UploadSessions }
export default {
  fetch(request: Request, env: Env, context: ExecutionContext) {
    return handlers[env.SPARSE ? 1 : 0]!.fetch(request, env, context)
  },
}

type ExecutionContext = Parameters<ReturnType<typeof serve>['fetch']>[2]
