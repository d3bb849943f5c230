import type { Context } from '../registry.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** How many requests somebody has. */
export interface TokenBucketOptions {
  /** So many requests. */
  requests: number
  /** Within so many milliseconds (1 second). */
  per?: number
  /** How many may come at once after a pause (`requests`). */
  burst?: number
  /** Whom a request is counted for, and `null` for one that is not counted (subject, else address). */
  key?: (context: Context) => string | null
  /** How many callers are remembered; beyond it the one that has asked least recently is forgotten (10,000). */
  most?: number
  /** The clock, in milliseconds (`performance.now`). */
  now?: () => number
}

/** Longer names are cut, so that nobody fills the memory with them. */
const LONGEST = 512

/**
 * A limit on requests in the memory of this process: each caller has a bucket of `burst` tokens, which fills again
 * evenly. Replicas and the isolates of a Worker count each for itself.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open, tokenBucket } from 'ocikit'
 *
 * const kit = ocikit({ storage: memory(), auth: open(), rateLimit: tokenBucket({ requests: 1, per: 60_000 }) })
 * const ask = async () => (await kit.fetch(new Request('http://localhost/v2/_catalog'))).status
 * console.log(await ask()) // 200
 * console.log(await ask()) // 429
 * ```
 * @throws TypeError for a number that is not above 0.
 */
export function tokenBucket(options: TokenBucketOptions): RateLimiter {
  const {
    requests,
    per = 1000,
    burst = requests,
    key,
    most = 10_000,
    now = () => performance.now(),
  } = options
  for (const [name, value] of Object.entries({ requests, per, burst, most })) {
    if (!(value > 0)) throw new TypeError(`${name} must be a number above 0`)
  }
  // Less than a whole token would never let anybody through.
  const room = Math.max(1, burst)
  const each = per / requests
  /** When a bucket would be full again: what is taken from it moves that on. Least recently used first. */
  const full = new Map<string, number>()
  return {
    ...(key && { key }),
    take(name) {
      const bucket = name.slice(0, LONGEST)
      const time = now()
      const known = full.get(bucket)
      const after = Math.max(known ?? time, time) + each
      const over = after - time - room * each
      // A division leaves a rest that is no time at all.
      const refused = over > 1e-6
      full.delete(bucket)
      full.set(bucket, refused ? known! : after)
      if (full.size > most) full.delete(full.keys().next().value!)
      return refused ? Math.max(1, Math.ceil(over / 1000)) : 0
    },
  }
}
