/**
 * What each quota's repositories keep: a base, which the collector counts, and a key for every change since, whose
 * name says all. So whoever changes something writes one key and reads nothing, and a listing is the sum.
 *
 * A change is written after what it tells of. One that is lost with its process, or counted twice by writers of one
 * link, makes the sum wrong for a while: until the collector counts that part again.
 * @module
 */

import type { Digest } from '../../oci/index.ts'
import type { Call, Records } from '../../storage/index.ts'
import type { Core } from '../core.ts'
import { decode, random } from '../record.ts'
import {
  blobPart,
  parseUsageChange,
  type UsageChange,
  usageBaseKey,
  usageChangeKey,
  usagePrefix,
} from './keys.ts'
import { covers, type Quota, type Used } from './quota.ts'

/** The part that manifests are; blobs have 256. */
export const MANIFESTS = 'm'

/** What was counted so far. */
export interface Base {
  /** By part: bytes of its blobs, or manifests. */
  readonly sums: Readonly<Record<string, number>>
  /** Keys of changes that are in these sums and not yet removed. */
  readonly folded: readonly string[]
  /** How many parts of the round were counted. */
  readonly next: number
  /** A whole round was counted: nothing is left out that was there before the quota. */
  readonly whole: boolean
  /** As they were when it was written, for who only reads. */
  readonly limits: Pick<Quota, 'bytes' | 'manifests'>
}

/** Quotas of a store, and their usage as it was last read. */
export interface Limits {
  readonly quotas: readonly Quota[]
  /** By prefix. */
  readonly seen: Map<string, { readonly time: number; readonly used: Used }>
}

/** How long a sum that was read is good for, in milliseconds: what others push meanwhile may be too much. */
const SEEN_LASTS = 2_000

/** The quotas that cover a repository. */
export function quotasOf({ limits }: Core, repo: string): readonly Quota[] {
  return limits?.quotas.filter(({ prefix }) => covers(prefix, repo)) ?? []
}

/** What the repositories of a quota keep, as far as that is known. */
export async function usedOf(core: Core, { prefix }: Quota, call: Call): Promise<Used> {
  const { seen } = core.limits!
  const before = seen.get(prefix)
  const time = core.now()
  if (before && Math.abs(time - before.time) < SEEN_LASTS) return before.used
  const used = await readUsed(core.storage.records, prefix, call)
  seen.set(prefix, { time, used })
  return used
}

/** The base and all changes since. */
export async function readUsed(records: Records, prefix: string, call: Call): Promise<Used> {
  const changes = new Map<string, UsageChange>()
  for await (const { key } of records.list(usagePrefix(prefix), call)) {
    const change = parseUsageChange(key)
    if (change) changes.set(key, change)
  }
  // After the listing: what is folded meanwhile is counted twice rather than left out.
  const { base } = await readBase(records, prefix, call)
  for (const key of base.folded) changes.delete(key)
  let [bytes, manifests] = [0, 0]
  const add = (part: string, amount: number): void => {
    if (part === MANIFESTS) manifests += amount
    else bytes += amount
  }
  for (const [part, amount] of Object.entries(base.sums)) add(part, amount)
  for (const { part, amount } of changes.values()) add(part, amount)
  return { bytes: Math.max(0, bytes), manifests: Math.max(0, manifests) }
}

/** The base of a quota, with its version; an empty one if there is none. */
export async function readBase(
  records: Records,
  prefix: string,
  call: Call,
): Promise<{ base: Base; version: string | null }> {
  const rec = await records.get(usageBaseKey(prefix), call)
  if (!rec) return { base: { sums: {}, folded: [], next: 0, whole: false, limits: {} }, version: null }
  return { base: decode<Base>(rec.value), version: rec.version }
}

/** Counts a blob that a repository has been given, or with a negative size one that it no longer has. */
export async function countBlob(
  core: Core,
  repo: string,
  digest: Digest,
  size: number,
  call: Call,
): Promise<void> {
  await count(core, repo, { part: blobPart(digest), amount: size }, call)
}

/** Counts a manifest more or less. */
export async function countManifest(core: Core, repo: string, amount: 1 | -1, call: Call): Promise<void> {
  await count(core, repo, { part: MANIFESTS, amount }, call)
}

async function count(core: Core, repo: string, change: UsageChange, call: Call): Promise<void> {
  if (change.amount === 0) return
  for (const { prefix } of quotasOf(core, repo)) {
    const key = usageChangeKey(prefix, core.now(), random(8), change)
    await core.storage.records.create(key, new Uint8Array(1), call)
    const seen = core.limits!.seen.get(prefix)
    if (seen) core.limits!.seen.set(prefix, { ...seen, used: changed(seen.used, change) })
  }
}

function changed({ bytes, manifests }: Used, { part, amount }: UsageChange): Used {
  return part === MANIFESTS
    ? { bytes, manifests: Math.max(0, manifests + amount) }
    : { bytes: Math.max(0, bytes + amount), manifests }
}
