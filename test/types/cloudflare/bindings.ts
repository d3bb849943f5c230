/** Compiled with Cloudflare's own types: what a Worker is given must be what our own, smaller types ask for. */

import type * as ours from '../../../adapters/cloudflare/types.ts'
import type * as kv from '../../../adapters/storage/kv/cloudflare-types.ts'
import type * as bucket from '../../../adapters/storage/r2/types.ts'

export const bucketOf = (binding: R2Bucket): bucket.R2Bucket => binding
export const kvOf = (binding: KVNamespace): kv.KvNamespace => binding
export const namespaceOf = (binding: DurableObjectNamespace): ours.DurableObjectNamespace => binding
export const stateOf = (state: DurableObjectState): ours.DurableObjectState => state
export const contextOf = (context: ExecutionContext): ours.ExecutionContext => context

/** Options go the other way: Cloudflare must understand what we say. */
export const putOptionsOf = (options: bucket.R2PutOptions): R2PutOptions => options
export const listOptionsOf = (options: bucket.R2ListOptions): R2ListOptions => options
export const partOf = (part: bucket.R2UploadedPart): R2UploadedPart => part
