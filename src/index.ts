/**
 * Ocikit: an OCI registry that is just a function, `(request: Request) => Promise<Response>`.
 * @module
 */

export {
  type Access,
  type ApiKey,
  type Auth,
  type AuthDecision,
  type Authenticator,
  type Authorizer,
  type AuthRecords,
  anonymous,
  anonymousPull,
  apiKeys,
  basic,
  type ChallengeFacts,
  createApiKey,
  firstOf,
  type Grant,
  type KeyStore,
  type Known,
  keyStore,
  limitedTo,
  masterPassword,
  type NewApiKey,
  open,
  type Policy,
  type PolicyRule,
  parsePolicy,
  policy,
  type RequestFacts,
  type Rights,
  type RightsAction,
  type ThrottleOptions,
  throttle,
  type User,
  users,
  type VerifyPassword,
  type Who,
} from './auth/index.ts'
export type { Cache, Mirrored, MirrorPlace, Mirrors } from './cache/index.ts'
export {
  type CheckOptions,
  type CheckReport,
  type CheckStorageOptions,
  type Collected,
  type CollectOptions,
  type CreateStoreOptions,
  checkStorage,
  createStore,
  type Duration,
  type Finding,
  type Freed,
  type FreedListener,
  type KeptTags,
  type Outcome,
  type Problem,
  type Quota,
  type QuotaUsage,
  type RepositoryUsage,
  type Retained,
  type RetainOptions,
  type Retention,
  type RetentionRule,
  type RetentionVerdict,
  retention,
  type Store,
  type Usage,
  type UsageOptions,
  type Used,
} from './engine/index.ts'
export {
  type EnvFeatures,
  type EnvMirrors,
  type EnvOptions,
  type FeatureOptions,
  fromEnv,
  type Variables,
} from './env/index.ts'
export { digestOf } from './hash/index.ts'
export { type RateLimiter, type TokenBucketOptions, tokenBucket } from './limits/index.ts'
export {
  type ErrorCode,
  type ErrorEntry,
  type MirrorNames,
  RegistryError,
  type RegistryErrorOptions,
} from './oci/index.ts'
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
export { memory, prefixed } from './storage/index.ts'
export type { ToldOptions } from './told.ts'
export {
  type Checkpoint,
  type Inspector,
  type InspectorOptions,
  inspector,
  type Measured,
  type Metrics,
  type MetricsState,
  metrics,
} from './watch/index.ts'
export {
  type Drained,
  type KitWebhooks,
  type Outbox,
  type OutboxCounts,
  type OutboxEntry,
  type OutboxPlace,
  type OutboxView,
  outboxOf,
  type Webhook,
  type WebhookOptions,
  type Webhooks,
  webhooks,
} from './webhooks/index.ts'
