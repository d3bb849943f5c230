/**
 * A registry that keeps what it reads of another one, and mirrors of many beside what is pushed here. A cache is a
 * `Registry` over any two others; `fill.ts` is where a blob comes through, `ledger.ts` knows what may go.
 * @module
 */

export { cache } from './cache.ts'
export type { Cache, Mirrored, MirrorPlace, Mirrors } from './contract.ts'
export { type MirrorOptions, mirrors } from './mirrors.ts'
export type { CacheOptions } from './options.ts'
