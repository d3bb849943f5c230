/**
 * Who is calling, and what may they do.
 *
 * Here is what needs no library beside a small one for data; tokens (`tokens/`) and bcrypt (`htpasswd/`) have entries
 * of their own, so that nobody loads them unused. Start reading at `contract.ts`.
 * @module
 */

export { anonymous, anonymousPull } from './anonymous.ts'
export { type ApiKey, apiKeys, createApiKey, type NewApiKey } from './api-keys.ts'
export { basic, type VerifyPassword } from './basic.ts'
export type {
  Access,
  Auth,
  AuthDecision,
  Authenticator,
  Authorizer,
  ChallengeFacts,
  Known,
  RequestFacts,
} from './contract.ts'
export { firstOf } from './first-of.ts'
export { decide, type Grant, limitedTo, sees } from './grant.ts'
export { type KeyStore, keyStore } from './key-store.ts'
export { masterPassword } from './master-password.ts'
export { open } from './open.ts'
export { policy } from './policy.ts'
export { type Policy, type PolicyRule, parsePolicy, type Who } from './policy-schema.ts'
export type { AuthRecords } from './records.ts'
export type { Rights, RightsAction } from './rights.ts'
export { type ThrottleOptions, throttle } from './throttle.ts'
export { type User, users } from './users.ts'
