/**
 * How much somebody may ask for: the contract of whoever counts that, and a counter in memory. The server asks it;
 * see `src/server/rate.ts` for which requests count, and for whom.
 * @module
 */

export type { RateLimiter } from './rate-limiter.ts'
export { type TokenBucketOptions, tokenBucket } from './token-bucket.ts'
