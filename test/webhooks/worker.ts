/** A registry with a webhook over R2, as a Worker: `HOOK` is the URL of the receiver. */

import { serve } from '../../adapters/cloudflare/index.ts'
import { type R2Bucket, r2 } from '../../adapters/storage/r2/index.ts'
import { metrics, ocikit, open, webhooks } from '../../src/index.ts'
import { hookAt, MORTAL } from './soon.ts'

interface Env {
  readonly BUCKET: R2Bucket
  readonly HOOK: string
}
type Worker = ReturnType<typeof serve>
type ExecutionContext = Parameters<Worker['fetch']>[2]

let made: Worker | undefined
const workerFor = ({ HOOK }: Env): Worker => {
  const hooks = webhooks([hookAt(HOOK)], MORTAL)
  made ??= serve(
    ocikit({
      storage: (env: Env) => r2(env.BUCKET),
      auth: open(),
      webhooks: hooks,
      health: true,
      metrics: metrics(),
    }),
  )
  return made
}

export default {
  fetch: (request: Request, env: Env, context: ExecutionContext) =>
    workerFor(env).fetch(request, env, context),
  scheduled: (event: unknown, env: Env, context: ExecutionContext) =>
    workerFor(env).scheduled(event, env, context),
}
