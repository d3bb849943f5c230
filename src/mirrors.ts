import type { Cache, Mirrors } from './cache/index.ts'
import { type CreateStoreOptions, createStore, type Store } from './engine/index.ts'
import type { Logger } from './server/index.ts'

/** A store with mirrors beside what is pushed to it. */
export interface StoreWithMirrors {
  readonly store: Store
  /** What is read of the other registries; absent without mirrors. */
  readonly mirrors?: Cache
}

/**
 * Makes a store, and puts mirrors beside what it keeps, into the same storage: its collector, its quotas and its rules
 * are about them, too.
 */
export function storeWithMirrors(
  settings: CreateStoreOptions,
  mirrors: Mirrors | undefined,
  logger: Logger | undefined,
): StoreWithMirrors {
  const store = createStore(settings)
  if (!mirrors) return { store }
  const { storage, now } = settings
  const { registry, cache } = mirrors.over(store, {
    // A manifest comes before its blobs, and of an index maybe one platform.
    store: createStore({ ...settings, sparse: true }),
    records: storage.records,
    onError: (error) => logger?.warn('what a mirror has fetched cannot be kept', { error: String(error) }),
    ...(now ? { now } : {}),
  })
  return { store: { ...store, ...registry }, mirrors: cache }
}
