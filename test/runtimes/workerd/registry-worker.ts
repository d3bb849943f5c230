import { type DurableObjectNamespace, serve } from '../../../adapters/cloudflare/index.ts'
import { ocikit, open } from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'

/** What sets up a registry as a Worker. */
export interface RegistryEnv {
  /** Absent: whatever keeps the bytes keeps upload sessions, too. */
  readonly SESSIONS?: DurableObjectNamespace
  readonly SPARSE?: string
  /** Two days have passed. */
  readonly LATER?: string
}

type Worker = ReturnType<typeof serve>
type ExecutionContext = Parameters<Worker['fetch']>[2]

/** A registry as a Worker, set up by its variables. */
export function registryWorker<Env extends RegistryEnv>(storage: (env: Env) => Storage) {
  const logger = { debug() {}, info() {}, warn: console.warn, error: console.error }
  const options = { storage, auth: open(), logger }
  const strict = serve(ocikit(options))
  const sparse = serve(ocikit({ ...options, sparse: true }))
  const later = serve(ocikit({ ...options, now: () => Date.now() + 2 * 24 * 60 * 60_000 }))
  const workerFor = ({ SPARSE, LATER }: Env): Worker => (LATER ? later : SPARSE ? sparse : strict)
  return {
    fetch: (request: Request, env: Env, context: ExecutionContext) =>
      workerFor(env).fetch(request, env, context),
    scheduled: (event: unknown, env: Env, context: ExecutionContext) =>
      workerFor(env).scheduled(event, env, context),
  }
}
