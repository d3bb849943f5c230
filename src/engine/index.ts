/**
 * The engine: a registry over any storage. Sessions, hashing, keys and collection live here once;
 * nothing here knows of HTTP or of a runtime. Start reading at `store.ts`, then `keys.ts`.
 * @module
 */

export { collectAlone } from './collect/alone.ts'
export type { Collected, CollectOptions } from './collect/run.ts'
export { type CreateStoreOptions, createStore, type Store } from './store.ts'
