/** The same as a Worker over R2. */

import { type R2Bucket, r2 } from '../../adapters/storage/r2/index.ts'
import { FastClock } from './clock.ts'
import { controlled } from './control.ts'

interface Env {
  readonly BUCKET: R2Bucket
  /** When its clock began. */
  readonly START: string
}

let handler: ReturnType<typeof controlled> | undefined

export default {
  fetch(request: Request, { BUCKET, START }: Env): Promise<Response> {
    handler ??= controlled(r2(BUCKET), new FastClock(Number(START)))
    return handler(request)
  },
}
