/**
 * The catalog, and records that only the registry itself reads.
 * @module
 */

import type { Entry, Rec } from '../../storage/index.ts'
import { LINKS, manifestPrefix, undamagedKey } from '../keys.ts'
import { encode } from '../record.ts'
import { KEPT } from './aside.ts'
import { readDeleted } from './deleted.ts'
import { aside, careful, type Fault, judge, rewrite } from './judge.ts'
import { linkIn, strayRecord } from './links.ts'
import { fieldsOf } from './manifests.ts'
import { readCatalogKey, readLinkKey } from './read-key.ts'
import { inParallel, type Run } from './run.ts'

const AT_ONCE = 6

/** Checks entries of the catalog. Repositories without one are seen from their manifests. */
export async function checkCatalog(run: Run, entries: readonly Entry[]): Promise<void> {
  await inParallel(entries, AT_ONCE, async ({ key, rec }) => {
    const repository = readCatalogKey(key)
    if (repository === null) return strayRecord(run, key)
    run.seen.add(key)
    await judge(run, { key, ...(rec && { rec }) }, async (read) => {
      if (fieldsOf(read.value) !== null) return emptyFaults(run, repository, key, read)
      const text = 'the entry of this repository in the catalog is damaged'
      return [{ problem: 'catalog', text, repository, mend: rewrite(run, key, () => encode({})) }]
    })
  })
}

/** Like the collector, only once an entry is old: servers remember for half the grace period that they wrote it. */
async function emptyFaults(run: Run, repository: string, key: string, rec: Rec): Promise<Fault[]> {
  const { records, traits } = run.core.storage
  const age = run.core.now() - rec.modified - traits.skew
  if (!run.alone && age < run.core.grace) return []
  for await (const _ of records.list(manifestPrefix(repository), { ...run.call, limit: 1 })) return []
  const deleted = await readDeleted(run, new Set([repository]))
  if (deleted.isPending(repository)) return []
  const mend = async ({ version }: Rec) => {
    run.seen.delete(key)
    return (await records.remove(key, version)) ? ('mended' as const) : null
  }
  return [
    { problem: 'catalog', text: 'this repository is in the catalog and has no manifest', repository, mend },
  ]
}

/** Checks records whose readers would fail if they could not be read: upload sessions, notes, keys. */
export async function checkOwn(run: Run, entries: readonly Entry[]): Promise<void> {
  await inParallel(entries, AT_ONCE, async (entry) => {
    await judge(run, entry, async (rec) => {
      if (fieldsOf(rec.value) !== null) return []
      const text = 'a record of the work of this registry is damaged'
      return [{ problem: 'record', text, mend: aside(run, entry.key) }]
    })
  })
}

/** Tells of what was set aside, and drops what was so long ago, except what names bytes that are still there. */
export async function checkAside(run: Run, entries: readonly Entry[]): Promise<void> {
  for (const { key, rec } of entries) {
    // Set aside by this run, and told.
    if (run.seen.has(key)) continue
    await careful(run, key, async () => {
      const original = undamagedKey(key)
      const digest = original.startsWith(LINKS) ? readLinkKey(original) : null
      const link = digest && linkIn(rec!.value, original, digest)
      if (
        isOver(run, rec!) &&
        !(link && (await run.core.storage.contents.size(link.place, run.call)) !== null)
      ) {
        await run.core.storage.records.drop([key])
        return false
      }
      const about = link ? { repository: link.repo, digest: digest!, place: link.place } : {}
      const text = 'set aside by an earlier repair, and kept for 30 days'
      run.find({ ...about, problem: 'set-aside', text, at: key, outcome: 'found' })
      return false
    })
  }
}

/** Whether what was set aside has been kept long enough. */
export function isOver(run: Run, { modified }: Rec): boolean {
  return run.repair && run.core.now() - modified - run.core.storage.traits.skew > KEPT
}

/** Records whose keys say all. */
export async function checkNothing(): Promise<void> {}
