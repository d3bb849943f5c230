/** A registry over R2, or in memory, as a Worker. */

import { UploadSessions, withUploadSessions } from '../../../adapters/cloudflare/index.ts'
import { type R2Bucket, r2 } from '../../../adapters/storage/r2/index.ts'
import { memory } from '../../../src/index.ts'
import { type RegistryEnv, registryWorker } from './registry-worker.ts'

interface Env extends RegistryEnv {
  /** Absent: everything is in memory. */
  readonly BUCKET?: R2Bucket
}

export { UploadSessions }
export default registryWorker(({ BUCKET, SESSIONS }: Env) => {
  if (!BUCKET) return memory()
  return SESSIONS ? withUploadSessions(r2(BUCKET), SESSIONS) : r2(BUCKET)
})
