import type { Records } from '../../src/storage/index.ts'
import { objectRecords } from './session-records.ts'
import type { DurableObjectNamespace } from './types.ts'

/** Longest key in bytes: whoever uses the records has limits of its own. */
const MAX_KEY = 1024

/**
 * Records in Durable Objects: every reader sees what was written last, and conditions hold. For storages that cannot
 * promise that, `cloudflareKv` of `ocikit/storage/kv` above all. Sixteen objects share the work of each space.
 *
 * @param namespace The binding of {@link UploadSessions}.
 * @returns The records of a space; those of different spaces are kept apart.
 */
export function durableRecords(namespace: DurableObjectNamespace): (space: string) => Records {
  return (space) => objectRecords(namespace, MAX_KEY, space)
}
