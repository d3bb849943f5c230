import * as v from 'valibot'
import { cache as cached } from '../../../../../src/cache/index.ts'
import { size, time } from '../../../input/fields.ts'
import { durationOf, sizeOf } from '../../../input/values.ts'
import { type Inner, type Kind, kindOf } from '../kind.ts'

/** What is read of a registry is kept in a store. */
export const cache: Kind = kindOf(
  (inner) => ({
    upstream: inner,
    store: sparse(inner),
    ttl: v.optional(time),
    maxSize: v.optional(size),
    offline: v.optional(v.boolean()),
  }),
  async ({ upstream, store, ttl, maxSize, offline = false }, opening) => {
    const kept = await opening.open(store, 'store')
    const records = opening.storageOf(kept)?.records
    const maxBytes = sizeOf('maxSize', maxSize)
    const made = cached(await opening.open(upstream, 'upstream'), kept, {
      offline,
      ...(ttl !== undefined && { ttl: durationOf('ttl', ttl) }),
      ...(maxBytes !== undefined && { maxBytes }),
      ...(records && { records }),
      onError: (error) =>
        opening.logger.warn('what a cache has fetched cannot be kept', { error: String(error) }),
    })
    opening.onClose(() => made.close())
    return made
  },
)

const STORES: readonly unknown[] = ['memory', 'fs', 's3', 'kv']

/** A manifest comes before its blobs, and of an index maybe one platform: other stores would refuse it. */
function sparse(inner: Inner): Inner {
  const isSparse = (value: unknown): boolean => {
    const { kind, sparse: given } = Object(value) as { kind?: unknown; sparse?: unknown }
    return !STORES.includes(kind) || given === true
  }
  return v.pipe(v.unknown(), v.check(isSparse, 'must have "sparse": true to be the store of a cache'), inner)
}
