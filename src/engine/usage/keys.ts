/**
 * The keys of quotas: for each a base, and a key for every change since.
 * @module
 */

import { type Digest, encodedOf } from '../../oci/index.ts'
import { USAGE } from '../keys.ts'

/** All keys about a quota. The `!` is in no name, so that none of them is below those of another quota. */
export function usagePrefix(quota: string): string {
  return `${USAGE}${quota}!/`
}

/** The quota in a key below {@link USAGE}. */
export function usageQuota(key: string): string {
  return key.slice(USAGE.length, key.indexOf('!/'))
}

/** What was counted of a quota. */
export function usageBaseKey(quota: string): string {
  return `${usagePrefix(quota)}base`
}

/** A change that is not yet counted: a listing is the sum, without a read. */
export function usageChangeKey(
  quota: string,
  time: number,
  random: string,
  { part, amount }: UsageChange,
): string {
  return `${usagePrefix(quota)}+${time}-${random}.${part}.${amount}`
}

/** More or less of something: bytes of blobs in a part of {@link blobPart}, or manifests. */
export interface UsageChange {
  readonly part: string
  readonly amount: number
}

/** Reads a key of {@link usageChangeKey}; `null` for the other key of a quota. */
export function parseUsageChange(key: string): UsageChange | null {
  const [, part, amount] = /\+[^/]*\.([a-z0-9]+)\.(-?\d+)$/.exec(key) ?? []
  return part === undefined ? null : { part, amount: Number(amount) }
}

/** The part of all blobs that a blob belongs to: of 256, by the first digits of its digest. */
export function blobPart(digest: Digest): string {
  return encodedOf(digest).slice(0, 2)
}
