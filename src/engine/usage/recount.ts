/**
 * What the collector does for quotas: it adds up changes, and counts again what is there, a part in each run; so
 * whatever went wrong is right again after 257 runs, and what was there before a quota is counted in its first one.
 * A part that is pushed to in that very moment may be counted wrong by what is in flight, until its next turn.
 * @module
 */

import { ALGORITHMS } from '../../oci/index.ts'
import { breather } from '../collect/breather.ts'
import type { Run } from '../collect/run.ts'
import { linkPartPrefix, manifestRepository, repositoriesPrefix, USAGE } from '../keys.ts'
import type { Link } from '../links.ts'
import { decode, encode } from '../record.ts'
import { type Base, MANIFESTS, readBase } from './count.ts'
import { parseUsageChange, type UsageChange, usageBaseKey, usagePrefix, usageQuota } from './keys.ts'
import { covers } from './quota.ts'

/** All parts, in the order in which they are counted. */
const PARTS: readonly string[] = [
  MANIFESTS,
  ...Array.from({ length: 256 }, (_, part) => part.toString(16).padStart(2, '0')),
]
/** Parts of a whole round that are written down together. */
const BATCH = 32
/** Changes that are added up at a time: their keys have to fit into a record. */
const MAX_CHANGES = 10_000

/** A quota as it was found. */
interface Found {
  readonly prefix: string
  readonly base: Base
  readonly version: string | null
  readonly changes: ReadonlyMap<string, UsageChange>
}

/** Works off what is due for the quotas of the store; alone, for those that the storage knows, and every part. */
export async function recountUsage(run: Run): Promise<void> {
  if (run.dryRun) return
  const known = await knownQuotas(run)
  const own = run.core.limits?.quotas.map(({ prefix }) => prefix) ?? []
  if (!run.alone) for (const prefix of known) if (!own.includes(prefix)) await forget(run, prefix)
  const prefixes = run.alone ? [...known] : own
  for (const parts of await partsDue(run, prefixes)) {
    if (!run.step(1)) return
    const found: Found[] = []
    for (const prefix of prefixes) found.push(await addUp(run, prefix))
    const counts = await countParts(run, prefixes, parts)
    for (const quota of found) await write(run, quota, counts.get(quota.prefix)!)
  }
}

async function knownQuotas({ core }: Run): Promise<Set<string>> {
  const known = new Set<string>()
  const breathe = breather()
  for await (const { key } of core.storage.records.list(USAGE)) {
    await breathe()
    known.add(usageQuota(key))
  }
  return known
}

/** A quota that is no more: what is not kept up would be wrong, should it come back. */
async function forget({ core }: Run, prefix: string): Promise<void> {
  const keys: string[] = []
  for await (const { key } of core.storage.records.list(usagePrefix(prefix))) keys.push(key)
  await core.storage.records.drop([...keys, usageBaseKey(prefix)])
}

/** What to count now, in batches: the rest of a first round, else one part. */
async function partsDue({ core, alone }: Run, prefixes: readonly string[]): Promise<string[][]> {
  const bases: Base[] = []
  for (const prefix of prefixes) bases.push((await readBase(core.storage.records, prefix, {})).base)
  const [first] = bases
  if (!first) return []
  const unfinished = bases.filter(({ whole }) => !whole).map(({ next }) => next)
  if (!alone && unfinished.length === 0) return [[PARTS[first.next]!]]
  const rest = PARTS.slice(alone ? 0 : Math.min(...unfinished))
  return Array.from({ length: Math.ceil(rest.length / BATCH) }, (_, at) =>
    rest.slice(at * BATCH, (at + 1) * BATCH),
  )
}

/** Adds up changes until so few are left that one listing has them all. */
async function addUp(run: Run, prefix: string): Promise<Found> {
  for (;;) {
    const found = await findQuota(run, prefix)
    if (found.changes.size < MAX_CHANGES) return found
    await write(run, found, new Map())
  }
}

/** The base is read first: if it is still the same when it is replaced, nobody has added up any of the changes. */
async function findQuota({ core }: Run, prefix: string): Promise<Found> {
  const { records } = core.storage
  const base = await readBase(records, prefix, {})
  const changes = new Map<string, UsageChange>()
  for await (const { key } of records.list(usagePrefix(prefix), { limit: MAX_CHANGES })) {
    const change = parseUsageChange(key)
    if (change) changes.set(key, change)
  }
  return { prefix, changes, ...base }
}

/** What is there, by quota and part. */
async function countParts(
  { core }: Run,
  prefixes: readonly string[],
  parts: readonly string[],
): Promise<Map<string, Map<string, number>>> {
  const { records } = core.storage
  const breathe = breather()
  const counts = new Map(prefixes.map((prefix) => [prefix, new Map(parts.map((part) => [part, 0]))]))
  const add = (prefix: string, part: string, amount: number): void => {
    const count = counts.get(prefix)!
    count.set(part, count.get(part)! + amount)
  }
  for (const part of parts.filter((each) => each !== MANIFESTS)) {
    for (const algorithm of ALGORITHMS) {
      for await (const { rec } of records.list(linkPartPrefix(algorithm, part), { values: true })) {
        await breathe()
        const { repo, size } = decode<Link>(rec!.value)
        for (const prefix of prefixes) if (covers(prefix, repo)) add(prefix, part, size)
      }
    }
  }
  for (const prefix of parts.includes(MANIFESTS) ? prefixes : []) {
    for await (const { key } of records.list(repositoriesPrefix(prefix))) {
      await breathe()
      if (manifestRepository(key) !== null) add(prefix, MANIFESTS, 1)
    }
  }
  return counts
}

/** Replaces a base by the changes that are known and by what was counted; not if somebody else has replaced it. */
async function write({ core }: Run, found: Found, counts: ReadonlyMap<string, number>): Promise<void> {
  const { records } = core.storage
  const { prefix, base, version, changes } = found
  const sums: Record<string, number> = { ...base.sums }
  for (const [key, { part, amount }] of changes) {
    if (!base.folded.includes(key)) sums[part] = (sums[part] ?? 0) + amount
  }
  for (const [part, count] of counts) sums[part] = count
  const folded = [...changes.keys()]
  const last = PARTS.indexOf([...counts.keys()].at(-1) ?? '')
  const ended = last === PARTS.length - 1
  const { bytes, manifests } = core.limits?.quotas.find((quota) => quota.prefix === prefix) ?? base.limits
  const fresh: Base = {
    sums,
    folded,
    next: counts.size === 0 ? base.next : ended ? 0 : last + 1,
    whole: base.whole || ended,
    limits: { ...(bytes === undefined ? {} : { bytes }), ...(manifests === undefined ? {} : { manifests }) },
  }
  const key = usageBaseKey(prefix)
  const written =
    version === null
      ? await records.create(key, encode(fresh))
      : await records.put(key, encode(fresh), { version })
  if (written !== null) await records.drop(folded)
}
