/**
 * The engine: a registry over any storage. Sessions, hashing, keys and collection live here once;
 * nothing here knows of HTTP or of a runtime. Start reading at `store.ts`, then `keys.ts`.
 * @module
 */

export { collectAlone } from './collect/alone.ts'
export { breather } from './collect/breather.ts'
export type { Collected, CollectOptions } from './collect/run.ts'
export type { Freed, FreedListener } from './freed.ts'
export { OUTBOX } from './keys.ts'
export { decode, encode, random } from './record.ts'
export { retainAlone, retention } from './retain/retain.ts'
export type { Retention } from './retain/retainer.ts'
export { checkRetention, type Duration, type KeptTags, type RetentionRule } from './retain/rules.ts'
export type { Retained, RetainOptions, RetentionVerdict } from './retain/run.ts'
export { type CreateStoreOptions, createStore, NOTHING_RETAINED, type Store } from './store.ts'
export { type Quota, sizeText, type Used } from './usage/quota.ts'
export {
  type QuotaUsage,
  type RepositoryUsage,
  type Usage,
  type UsageOptions,
  usageOf,
} from './usage/usage.ts'
export { type CheckStorageOptions, checkStorage } from './verify/check.ts'
export type { CheckReport, Finding, Outcome, Problem } from './verify/report.ts'
export type { CheckOptions } from './verify/run.ts'
