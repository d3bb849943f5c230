/**
 * Ocikit: an OCI registry that is just a function, `(request: Request) => Promise<Response>`.
 * @module
 */

export { type Access, type Auth, type AuthDecision, open, type User, users } from './auth/index.ts'
export {
  type Collected,
  type CollectOptions,
  type CreateStoreOptions,
  createStore,
  type Store,
} from './engine/index.ts'
export { type EnvOptions, fromEnv, type Variables } from './env/index.ts'
export { digestOf } from './hash/index.ts'
export { type ErrorCode, type ErrorEntry, RegistryError, type RegistryErrorOptions } from './oci/index.ts'
export { type FromEnv, type Ocikit, type OcikitOptions, ocikit, type StoreOptions } from './ocikit.ts'
export * from './registry.ts'
export type {
  ChunkHints,
  Compat,
  Host,
  LogFields,
  Logger,
  RequestFields,
  ServerOptions,
} from './server/index.ts'
export { memory } from './storage/index.ts'
