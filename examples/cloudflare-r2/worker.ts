import { fromEnv, ocikit, users } from 'ocikit'
import { type DurableObjectNamespace, serve, UploadSessions, withUploadSessions } from 'ocikit/cloudflare'
import { type R2Bucket, r2 } from 'ocikit/storage/r2'

interface Env {
  readonly BUCKET: R2Bucket
  readonly SESSIONS: DurableObjectNamespace
  // Secrets. Without both nobody gets in.
  readonly USERNAME?: string
  readonly PASSWORD?: string
}

export { UploadSessions }

export default serve(
  ocikit({
    storage: (env: Env) => withUploadSessions(r2(env.BUCKET), env.SESSIONS),
    auth: (env: Env) =>
      env.USERNAME && env.PASSWORD
        ? users([{ name: env.USERNAME, password: env.PASSWORD }])
        : fromEnv({ ...env }).auth,
  }),
)
