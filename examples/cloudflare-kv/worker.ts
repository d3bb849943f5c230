import { fromEnv, ocikit, users } from 'ocikit'
import { type DurableObjectNamespace, durableRecords, serve, UploadSessions } from 'ocikit/cloudflare'
import { cloudflareKv, type KvNamespace } from 'ocikit/storage/kv'

interface Env {
  readonly KV: KvNamespace
  readonly RECORDS: DurableObjectNamespace
  // Secrets. Without both nobody gets in.
  readonly USERNAME?: string
  readonly PASSWORD?: string
}

export { UploadSessions }

export default serve(
  ocikit({
    storage: (env: Env) => cloudflareKv(env.KV, { records: durableRecords(env.RECORDS) }),
    auth: (env: Env) =>
      env.USERNAME && env.PASSWORD
        ? users([{ name: env.USERNAME, password: env.PASSWORD }])
        : fromEnv({ ...env }).auth,
  }),
)
