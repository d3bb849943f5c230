/**
 * Retention: removes tags that no rule keeps, and manifests that these or a rule have let go.
 *
 * A tag goes as it was read, so that one that was moved or pushed again stays. A manifest goes when nothing that stays
 * needs it and nobody has used it for the grace period, measured against the time at which the pass began, before tags
 * and manifests were listed. Whoever relied on it without refreshing its record did so long before that, and soon wrote
 * a tag or an index, which is in the listing; whoever refreshes it later gives it another version, by which removing it
 * is refused. What belongs to a manifest goes after it, and stays if it does.
 * @module
 */

import type { Digest } from '../../oci/index.ts'
import type { Storage } from '../../storage/index.ts'
import { sharedBudget } from '../budget.ts'
import { Catalog } from '../catalog.ts'
import { breather } from '../collect/breather.ts'
import type { Core } from '../core.ts'
import { deadlineOf } from '../rely.ts'
import { type Ages, judgeManifests, type ManifestVerdict, type ManifestVerdicts } from './manifests.ts'
import { type Memo, readMemo, writeMemo } from './memo.ts'
import { removeJudgedManifest, removeJudgedTag } from './remove.ts'
import { type Retention, retentionBy } from './retainer.ts'
import { type CheckedRule, checkRetention, type RetentionRule, rulesFor } from './rules.ts'
import { beginRetention, endRetention, type Retained, type RetainOptions, type RetentionRun } from './run.ts'
import { type Snapshot, seeRepository } from './snapshot.ts'
import { judgeTags, type TagVerdict } from './tags.ts'

const DAY = 24 * 3_600_000

/**
 * Rules of retention for the options of a store, which it applies when it is told to: {@link Store.retain}.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open, retention } from 'ocikit'
 *
 * const rules = retention([{ tags: 'pr-*', keep: { pushed: '14d' } }])
 * const kit = ocikit({ storage: memory(), auth: open(), retention: rules })
 * console.log((await kit.retain()).tags) // 0
 * ```
 * @throws TypeError In one line, with the path to the first mistake, as in `retention[0].keep.last`.
 */
export function retention(rules: readonly RetentionRule[]): Retention {
  const checked = checkRetention(rules)
  return retentionBy(rules, {
    about: (repo) => rulesFor(checked, repo).length > 0,
    apply: (core, options) => run(core, checked, options, false),
  })
}

/** What `retainAlone()` can be told. */
export interface RetainAloneOptions extends Pick<RetainOptions, 'dryRun' | 'report'> {
  /** How long ago a manifest must have been used for the last time, in milliseconds (24 hours; 0 is at once). */
  grace?: number
  /** The clock, in milliseconds since 1970 (`Date.now`). */
  now?: () => number
}

/**
 * Applies rules to a storage that nobody else uses until this ends.
 * @throws TypeError for rules that make no sense.
 */
export async function retainAlone(
  storage: Storage,
  rules: readonly RetentionRule[],
  { grace = DAY, now = Date.now, ...options }: RetainAloneOptions = {},
): Promise<Retained> {
  const core: Core = { storage, now, grace, sparse: false, budget: sharedBudget, urlSeconds: 0 }
  return run(core, checkRetention(rules), options, true)
}

async function run(
  core: Core,
  rules: readonly CheckedRule[],
  options: RetainOptions,
  alone: boolean,
): Promise<Retained> {
  const { limit = Number.POSITIVE_INFINITY, signal } = options
  if (rules.length === 0) return { tags: 0, manifests: 0, repositories: 0, skipped: [], complete: true }
  const run = await beginRetention(core, rules, options, alone)
  const failures: unknown[] = []
  let after = run.after
  let seen = 0
  let cut = false
  const breathe = breather()
  for await (const repo of new Catalog(core).list(after === undefined ? {} : { after })) {
    await breathe()
    const own = rulesFor(rules, repo)
    if (own.length > 0 && (seen >= limit || signal?.aborted)) {
      cut = true
      break
    }
    // One that cannot be read does not keep the others from being looked at.
    try {
      if (own.length > 0) seen += await retainIn(run, repo, own)
    } catch (error) {
      failures.push(error)
    }
    after = repo
  }
  await endRetention(run, cut ? after : undefined)
  if (failures.length > 0) throw failures[0]
  return cut ? { ...run.done, complete: false } : run.done
}

/** Looks at a repository. Returns how many tags and manifests it has. */
async function retainIn(run: RetentionRun, repo: string, rules: readonly CheckedRule[]): Promise<number> {
  const { core, times, done, options } = run
  const memo = await readMemo(core, repo)
  const snapshot = await seeRepository(core, repo)
  done.repositories++
  if (!snapshot) {
    done.skipped.push(repo)
    return 0
  }
  const tags = judgeTags(rules, snapshot, times)
  const judged = judgeManifests(rules, snapshot, tags, memo, agesOf(run))
  if (options.dryRun) foresee(run, snapshot, tags, judged)
  else await remove(run, snapshot, tags, judged, memo)
  return snapshot.tags.length + snapshot.manifests.size
}

function agesOf({ core, alone, settled, times }: RetentionRun): Ages {
  const { start } = times
  if (alone)
    return { start, isNew: () => false, isOld: (modified) => Math.max(0, start - modified) >= core.grace }
  const { skew } = core.storage.traits
  return {
    start,
    isNew: (modified) => modified >= start - deadlineOf(core) - skew,
    isOld: (modified) => settled && modified < start - core.grace,
  }
}

function foresee(
  run: RetentionRun,
  { repo }: Snapshot,
  tags: readonly TagVerdict[],
  judged: ManifestVerdicts,
): void {
  for (const verdict of tags) {
    const waits = !verdict.stays && judged.waiting.has(verdict.seen.digest)
    if (!verdict.stays && !waits) run.done.tags++
    tellTag(run, repo, verdict, verdict.stays || waits, waits ? LATER : verdict.why)
  }
  for (const verdict of judged.verdicts) {
    if (verdict.fate === 'goes') run.done.manifests++
    tellManifest(run, repo, verdict, verdict.fate !== 'goes')
  }
}

/** What is remembered comes first: should the run be cut off, what it has begun is gone on with. */
async function remove(
  run: RetentionRun,
  { repo }: Snapshot,
  tags: readonly TagVerdict[],
  judged: ManifestVerdicts,
  before: Memo,
): Promise<void> {
  const { core, done } = run
  const memo = await writeMemo(core, repo, before, judged.remember)
  if (!memo) {
    // Somebody else is at it.
    done.complete = false
    return
  }
  for (const verdict of tags) {
    const waits = !verdict.stays && judged.waiting.has(verdict.seen.digest)
    const goes = !verdict.stays && !waits
    const gone = goes && (await removeJudgedTag(core, repo, verdict))
    if (gone) done.tags++
    tellTag(run, repo, verdict, !gone, waits ? LATER : goes && !gone ? CHANGED : verdict.why)
  }
  const left = new Map(judged.remember)
  const gone = new Set<Digest>()
  for (const verdict of judged.verdicts) {
    const goes = verdict.fate === 'goes' && isFree(judged, verdict, gone)
    const removed = goes && (await removeJudgedManifest(core, repo, verdict))
    if (removed) {
      done.manifests++
      gone.add(verdict.seen.digest)
      left.delete(verdict.seen.digest)
    }
    tellManifest(run, repo, verdict, !removed, verdict.fate === 'goes' && !removed)
  }
  if (gone.size > 0) await writeMemo(core, repo, memo, left)
}

/** Whether everything that a manifest belongs to is gone. */
function isFree({ graph }: ManifestVerdicts, { seen }: ManifestVerdict, gone: ReadonlySet<Digest>): boolean {
  return (graph.owners.get(seen.digest) ?? []).every((owner) => gone.has(owner))
}

const LATER = 'its manifest was pushed or used just now'
const CHANGED = 'it was pushed, moved or used meanwhile'

function tellTag(
  { options }: RetentionRun,
  repository: string,
  verdict: TagVerdict,
  stays: boolean,
  why: string,
): void {
  const { seen, rule } = verdict
  const { tag, digest } = seen
  const about = { repository, tag, digest, stays }
  options.report?.({ ...about, ...(rule === '' ? {} : { rule }), why })
}

function tellManifest(
  { options, core, settled }: RetentionRun,
  repository: string,
  { seen, rule, why, fate }: ManifestVerdict,
  stays: boolean,
  changed = false,
): void {
  const soon = settled
    ? `when nobody has used it for ${core.grace / 3_600_000} hours`
    : 'when retention has been on for long'
  const text = changed ? CHANGED : fate === 'later' ? `${why}; ${soon}` : why
  const about = { repository, digest: seen.digest, stays }
  options.report?.({ ...about, ...(rule === '' ? {} : { rule }), why: text })
}
