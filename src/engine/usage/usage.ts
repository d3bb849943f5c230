/**
 * What a registry keeps, for people.
 * @module
 */

import type { Records } from '../../storage/index.ts'
import { breather } from '../collect/breather.ts'
import { LINKS, manifestRepository, repositoriesPrefix, USAGE } from '../keys.ts'
import type { Link } from '../links.ts'
import { decode } from '../record.ts'
import { readBase, readUsed } from './count.ts'
import { usageQuota } from './keys.ts'
import { ALL, type Quota, type Used } from './quota.ts'

/** What `usage()` can be told. */
export interface UsageOptions {
  /** Say it for each repository, too, which reads every link and lists every manifest (false). */
  repositories?: boolean
  /** Ends it. */
  signal?: AbortSignal
}

/** What a registry keeps. */
export interface Usage {
  /** How full each quota is, as pushes are judged by it. */
  readonly quotas: readonly QuotaUsage[]
  /** Every repository that keeps anything, by name; absent unless asked for. */
  readonly repositories?: readonly RepositoryUsage[]
}

/** How full a quota is. */
export interface QuotaUsage extends Used {
  /** Whose quota it is. */
  readonly prefix: string
  /** What may be kept. */
  readonly limits: Pick<Quota, 'bytes' | 'manifests'>
  /** False while the collector has not yet counted what was there before the quota. */
  readonly complete: boolean
}

/** What a repository keeps: also blobs that no manifest refers to yet, or any more. */
export interface RepositoryUsage extends Used {
  /** The repository. */
  readonly name: string
}

/**
 * What a storage keeps.
 * @param quotas Those of the store; without them, those that the storage knows from a store.
 */
export async function usageOf(
  records: Records,
  quotas: readonly Quota[] | undefined,
  { repositories = false, signal }: UsageOptions,
): Promise<Usage> {
  const known = quotas ?? (await knownQuotas(records, signal))
  const call = signal ? { signal } : {}
  const shown: QuotaUsage[] = []
  for (const { prefix, bytes, manifests } of known) {
    const { base } = await readBase(records, prefix, call)
    const limits = {
      ...(bytes === undefined ? {} : { bytes }),
      ...(manifests === undefined ? {} : { manifests }),
    }
    shown.push({ prefix, ...(await readUsed(records, prefix, call)), limits, complete: base.whole })
  }
  return { quotas: shown, ...(repositories && { repositories: await countRepositories(records, signal) }) }
}

async function knownQuotas(records: Records, signal: AbortSignal | undefined): Promise<Quota[]> {
  const known = new Set<string>()
  for await (const { key } of records.list(USAGE)) {
    signal?.throwIfAborted()
    known.add(usageQuota(key))
  }
  const quotas: Quota[] = []
  for (const prefix of known) {
    const { base } = await readBase(records, prefix, {})
    quotas.push({ prefix, ...base.limits })
  }
  return quotas
}

async function countRepositories(
  records: Records,
  signal: AbortSignal | undefined,
): Promise<RepositoryUsage[]> {
  const all = new Map<string, { bytes: number; manifests: number }>()
  const at = (name: string) => {
    const used = all.get(name) ?? { bytes: 0, manifests: 0 }
    all.set(name, used)
    return used
  }
  const breathe = breather()
  const call = signal ? { signal } : {}
  for await (const { rec } of records.list(LINKS, { ...call, values: true })) {
    await breathe()
    const { repo, size } = decode<Link>(rec!.value)
    at(repo).bytes += size
  }
  for await (const { key } of records.list(repositoriesPrefix(ALL), call)) {
    await breathe()
    const name = manifestRepository(key)
    if (name !== null) at(name).manifests++
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, used]) => ({ name, ...used }))
}
