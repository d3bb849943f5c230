/**
 * The engine: a registry over any storage. Sessions, hashing, keys and (later) collection live here once;
 * nothing here knows of HTTP or of a runtime. Start reading at `store.ts`, then `keys.ts`.
 * @module
 */

export { type CreateStoreOptions, createStore, type Store } from './store.ts'
