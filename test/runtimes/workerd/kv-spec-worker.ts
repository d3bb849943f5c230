/** A registry over KV as a Worker. */

import { durableRecords, UploadSessions } from '../../../adapters/cloudflare/index.ts'
import { cloudflareKv, type KvNamespace } from '../../../adapters/storage/kv/index.ts'
import { type RegistryEnv, registryWorker } from './registry-worker.ts'

interface Env extends RegistryEnv {
  readonly KV: KvNamespace
}

export { UploadSessions }
export default registryWorker(({ KV, SESSIONS }: Env) =>
  cloudflareKv(KV, SESSIONS ? { records: durableRecords(SESSIONS) } : {}),
)
