/**
 * The tidy pass over a repository that has changed: what names a manifest that is gone. Everything is a grace
 * period old before it goes, so that no push is in the middle of it, and goes only as it was read.
 * @module
 */

import type { Digest, Tag } from '../../oci/index.ts'
import type { Rec } from '../../storage/index.ts'
import { type Freed, tellFreed } from '../freed.ts'
import {
  catalogKey,
  manifestKey,
  parseTaggedKey,
  referrerDigest,
  referrersPrefix,
  reversePrefix,
  tagKey,
  tagPrefix,
} from '../keys.ts'
import { encode } from '../record.ts'
import { digestIn } from '../tags.ts'
import { breather } from './breather.ts'
import { isOld, type Run } from './run.ts'
import { MAX_TIDY, type Survey } from './survey.ts'

interface Pass {
  readonly run: Run
  readonly repo: string
  readonly start: number
  /** When the oldest that is too young to go was written. */
  young: number
}

/**
 * Tidies a repository after its manifests were listed. One that has more manifests or tags than fit into memory
 * keeps what names nothing; it does no harm.
 * @returns when the oldest that is too young to go was written; infinity if there is nothing.
 */
export async function tidy(
  run: Run,
  repo: string,
  { manifests, empty }: Pick<Survey, 'manifests' | 'empty'>,
  start: number,
): Promise<number> {
  const pass: Pass = { run, repo, start, young: Number.POSITIVE_INFINITY }
  if (manifests) {
    for (const key of await doubtfulTags(pass, manifests)) await tidyTag(pass, key)
    for (const key of await deadReferrers(pass, manifests)) await tidyReferrer(pass, key)
  }
  await tidyCatalog(pass, empty)
  return pass.young
}

/** Reverse keys of manifests that are gone, of tags that are gone, and of tags that have several. */
async function doubtfulTags({ run, repo }: Pass, manifests: ReadonlySet<Digest>): Promise<Iterable<string>> {
  const { records } = run.core.storage
  const breathe = breather()
  const doubtful = new Set<string>()
  const last = new Map<Tag, string>()
  for await (const { key } of records.list(reversePrefix(repo), { limit: MAX_TIDY })) {
    await breathe()
    const { digest, tag } = parseTaggedKey(repo, key)
    const other = last.get(tag)
    if (other !== undefined) doubtful.add(other).add(key)
    if (!manifests.has(digest)) doubtful.add(key)
    last.set(tag, key)
  }
  const prefix = tagPrefix(repo)
  for await (const { key } of records.list(prefix)) {
    await breathe()
    last.delete(key.slice(prefix.length))
  }
  for (const key of last.values()) doubtful.add(key)
  return doubtful
}

async function tidyTag(pass: Pass, key: string): Promise<void> {
  const { run, repo } = pass
  const { records } = run.core.storage
  const reverse = await records.get(key)
  if (!reverse) return
  const { digest, tag } = parseTaggedKey(repo, key)
  const named = await records.get(tagKey(repo, tag))
  if (named && digestIn(named) === digest) {
    if (await isThere(pass, digest)) return
    const reason = 'its manifest is gone'
    const freed: Freed = { kind: 'tag', repository: repo, digest, tag, reason }
    if (!(await removeOld(pass, tagKey(repo, tag), named, freed))) return
    run.freed.tags++
  }
  await removeOld(pass, key, reverse)
}

async function deadReferrers({ run, repo }: Pass, manifests: ReadonlySet<Digest>): Promise<string[]> {
  const breathe = breather()
  const dead: string[] = []
  for await (const { key } of run.core.storage.records.list(referrersPrefix(repo))) {
    await breathe()
    if (!manifests.has(referrerDigest(key)) && dead.length < MAX_TIDY) dead.push(key)
  }
  return dead
}

async function tidyReferrer(pass: Pass, key: string): Promise<void> {
  const referrer = await pass.run.core.storage.records.get(key)
  const digest = referrerDigest(key)
  if (!referrer || (await isThere(pass, digest))) return
  const freed: Freed = { kind: 'referrer', repository: pass.repo, digest, reason: 'it is gone itself' }
  if (await removeOld(pass, key, referrer, freed)) pass.run.freed.referrers++
}

/** The catalog is a hint, repaired both ways. */
async function tidyCatalog(pass: Pass, empty: boolean): Promise<void> {
  const { core, dryRun, freed } = pass.run
  const key = catalogKey(pass.repo)
  if (!empty) {
    if (!dryRun) await core.storage.records.create(key, encode({}))
    return
  }
  const entry = await core.storage.records.get(key)
  const gone: Freed = { kind: 'repository', repository: pass.repo, reason: 'it has no manifest' }
  if (entry && (await removeOld(pass, key, entry, gone))) freed.repositories++
}

async function isThere({ run, repo }: Pass, digest: Digest): Promise<boolean> {
  return (await run.core.storage.records.get(manifestKey(repo, digest))) !== null
}

/** Removes a record as it was read, unless it is too young or has changed, and tells so. */
async function removeOld(
  pass: Pass,
  key: string,
  { version, modified }: Rec,
  freed?: Freed,
): Promise<boolean> {
  const { run, start } = pass
  const old = isOld(run, modified, start)
  if (old && run.dryRun) return run.gone.size < run.gone.add(key).size
  if (old && (await run.core.storage.records.remove(key, version))) {
    if (freed) tellFreed(run.core, freed)
    return true
  }
  pass.young = Math.min(pass.young, old ? start : modified)
  return false
}
