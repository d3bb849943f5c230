/**
 * What a handler serves, made of its options.
 * @module
 */

import type { Cache } from './cache/index.ts'
import type { CreateStoreOptions } from './engine/index.ts'
import { storeWithMirrors } from './mirrors.ts'
import type { StoreOptions } from './ocikit.ts'
import type { Context, Registry } from './registry.ts'
import { perContext, type ServerOptions, sealUploads } from './server/index.ts'
import type { Storage } from './storage/index.ts'
import { type ToldOptions, toldOf } from './told.ts'
import type { Outbox } from './webhooks/index.ts'

/** Options that depend on nothing. */
export type PlainOptions = ServerOptions &
  ToldOptions &
  (PlainStoreOptions | { registry: Registry | ((context: Context) => Registry) })
type PlainStoreOptions = StoreOptions & { storage: Storage }

/** What answers are made of. */
export interface Backend {
  readonly registry: Registry
  /** The same, with sealed upload ids. */
  readonly served: Registry
  readonly storage?: Storage
  /** Absent without webhooks. */
  readonly outbox?: Outbox | undefined
  /** What is read of other registries. */
  readonly mirrors?: Cache | undefined
}

/** The same with a storage that is looked at, if anybody does. */
function watched(options: PlainOptions): PlainOptions {
  if (!('storage' in options)) return options
  const { metrics, inspect, storage } = options
  const counted = metrics?.observe(storage) ?? storage
  return { ...options, storage: inspect?.observe(counted) ?? counted }
}

function storeOptionsOf(options: PlainStoreOptions & Pick<ServerOptions, 'redirect'>): CreateStoreOptions {
  const {
    storage,
    sparse,
    uploadExpiry: grace,
    uploadMemory,
    quotas,
    retention,
    onFreed,
    redirect,
    now,
  } = options
  return {
    storage,
    ...(sparse === undefined ? {} : { sparse }),
    ...(grace === undefined ? {} : { grace }),
    ...(uploadMemory === undefined ? {} : { uploadMemory }),
    ...(quotas === undefined ? {} : { quotas }),
    ...(retention === undefined ? {} : { retention }),
    ...(onFreed === undefined ? {} : { onFreed }),
    ...(typeof redirect === 'object' ? { urlSeconds: redirect.seconds } : {}),
    ...(now === undefined ? {} : { now }),
  }
}

/** @throws TypeError for options that do not fit together. */
export function backendOf(given: PlainOptions): Backend {
  const options = watched(given)
  if ('storage' in options) {
    const { store, mirrors } = storeWithMirrors(storeOptionsOf(options), options.mirrors, options.logger)
    const { registry, outbox } = toldOf(store, options)
    const served = options.wrap?.(registry) ?? registry
    return { registry, served, storage: options.storage, outbox, mirrors }
  }
  if (!options.registry) throw new TypeError('give a storage to keep content in, or a registry to serve')
  let key = options.uploadKey
  if (key && key.length < 32) throw new TypeError('uploadKey must have at least 32 bytes')
  // Not before it is needed: Workers refuse random bytes while a module is loaded.
  const keyOf = () => {
    key ??= crypto.getRandomValues(new Uint8Array(32))
    return key
  }
  const inner = typeof options.registry === 'function' ? perContext(options.registry) : options.registry
  const { registry } = toldOf(inner, options)
  return { registry, served: sealUploads(registry, keyOf) }
}
