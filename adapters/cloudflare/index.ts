/**
 * Serves a registry on Cloudflare Workers.
 *
 * `serve.ts` is the Worker's face, `upload.ts` reads the bodies of its requests. `upload-sessions.ts` is a Durable
 * Object which may keep the records of upload sessions instead of the bucket, `sql-records.ts` its database;
 * `session-records.ts` speaks to it from the Worker, in the words of `session-wire.ts`, and `durable-records.ts` gives
 * it other records to keep. `types.ts` is the part of the runtime that is used.
 *
 * @example
 * ```ts
 * import { ocikit, open } from 'ocikit'
 * import { serve } from 'ocikit/cloudflare'
 * import { type R2Bucket, r2 } from 'ocikit/storage/r2'
 *
 * interface Env {
 *   BUCKET: R2Bucket
 * }
 *
 * export default serve(ocikit({ storage: (env: Env) => r2(env.BUCKET), auth: open() }))
 * ```
 * @module
 */

export { durableRecords } from './durable-records.ts'
export { serve, type WorkerHandler } from './serve.ts'
export { type SessionOptions, withUploadSessions } from './session-records.ts'
export type {
  DurableObjectId,
  DurableObjectNamespace,
  DurableObjectState,
  DurableObjectStub,
  ExecutionContext,
  SqlStorage,
  SqlValue,
} from './types.ts'
export { UploadSessions } from './upload-sessions.ts'
