/** A registry with users over R2, as a Worker: the variables `WAY` and `BUNDLE`. */

import { serve } from '../../../adapters/cloudflare/index.ts'
import { type R2Bucket, r2 } from '../../../adapters/storage/r2/index.ts'
import { kitFor } from './kit.ts'

interface Env {
  readonly BUCKET: R2Bucket
  readonly WAY: string
  readonly BUNDLE?: string
}

type Worker = ReturnType<typeof serve>

let worker: Worker | undefined

export default {
  fetch(request: Request, env: Env, context: Parameters<Worker['fetch']>[2]): Promise<Response> {
    worker ??= serve(kitFor(env.WAY, env.BUNDLE, r2(env.BUCKET)))
    return worker.fetch(request, env, context)
  },
}
