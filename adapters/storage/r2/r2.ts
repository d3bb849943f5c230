import type { Storage } from '../../../src/storage/index.ts'
import { bucketContents } from './contents.ts'
import { explained } from './errors.ts'
import { bucketRecords } from './records.ts'
import type { R2Bucket } from './types.ts'

/** How a bucket is used. */
export interface R2Options {
  /** What every key begins with, so that others may use the bucket, too: `registry/` (nothing). */
  prefix?: string
  /** The clock (the runtime's). */
  clock?: R2Clock
}

/** The time of whoever uses a bucket. */
export interface R2Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Resolves after so many milliseconds, or when `signal` fires, whichever is first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Longest key in bytes (https://developers.cloudflare.com/r2/platform/limits/). */
const MAX_KEY = 1024
/** How far the clocks of R2 and of a Worker may be apart: Cloudflare gives no number. */
const SKEW = 10_000

/**
 * A storage in a bucket of Cloudflare R2. Any number of Workers may use it at once: R2 is strongly consistent,
 * listings included.
 *
 * R2's binding cannot delete on condition, so removing a record is emulated: it trusts that a delete takes effect
 * within 55 seconds after it was sent, or never.
 *
 * @param bucket The binding: `env.BUCKET`.
 *
 * @example
 * ```ts
 * import { ocikit, open } from 'ocikit'
 * import { type R2Bucket, r2 } from 'ocikit/storage/r2'
 *
 * export default ocikit({ storage: (env: { BUCKET: R2Bucket }) => r2(env.BUCKET), auth: open() })
 * ```
 */
export function r2(bucket: R2Bucket, options: R2Options = {}): Storage {
  const { prefix = '', clock = runtimeClock } = options
  const maxKey = MAX_KEY - new TextEncoder().encode(prefix).length
  if (maxKey < 512) throw new TypeError('prefix must have at most 512 bytes')
  const space = { bucket: explained(bucket), prefix, maxKey, clock, skew: SKEW }
  return {
    records: bucketRecords(space),
    contents: bucketContents(space),
    traits: { consistency: 'strong', maxKey, remove: 'emulated', skew: SKEW },
  }
}

/** A part of a bucket: what both faces work on. */
export interface Space {
  readonly bucket: R2Bucket
  /** What every key begins with. */
  readonly prefix: string
  /** Bytes left for a key behind it. */
  readonly maxKey: number
  readonly clock: R2Clock
  /** How far R2's clock may be from `clock`, in milliseconds. */
  readonly skew: number
}

const runtimeClock: R2Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal?.addEventListener('abort', end)
    }),
}
