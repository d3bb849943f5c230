/**
 * Which manifests of a repository stay: those that a tag names which stays, those that a rule has not let go, and all
 * that belongs to them.
 * @module
 */

import type { Digest } from '../../oci/index.ts'
import { closureOf, type Graph, graphOf, ownersFirst } from './graph.ts'
import { MAX_REMEMBERED, type Memo, type Remembered, recall } from './memo.ts'
import type { CheckedRule } from './rules.ts'
import type { ManifestSeen, Snapshot } from './snapshot.ts'
import { ageText, isAlwaysKept, type TagVerdict } from './tags.ts'

/** What becomes of a manifest. */
export interface ManifestVerdict {
  readonly seen: ManifestSeen
  /** `later`: it goes once nobody has used it for the grace period. */
  readonly fate: 'stays' | 'goes' | 'later'
  readonly rule: string
  readonly why: string
}

/** What becomes of the manifests of a repository. */
export interface ManifestVerdicts {
  /** Of those that have no tag which stays; owners come before what belongs to them. */
  readonly verdicts: readonly ManifestVerdict[]
  readonly graph: Graph
  /** What to remember. */
  readonly remember: ReadonlyMap<Digest, Remembered>
  /** Those that were written just now, or are too many to remember: they keep their tags until the next run. */
  readonly waiting: ReadonlySet<Digest>
}

interface Reason {
  readonly rule: string
  readonly why: string
}

/** How old manifests are. */
export interface Ages {
  /** When the pass began, in milliseconds since 1970. */
  readonly start: number
  /** It was written so lately that a tag for it may still be on its way. */
  isNew(modified: number): boolean
  /** Nobody relies on it any more who has not left something that is seen. */
  isOld(modified: number): boolean
}

/** Judges the manifests of a repository after its tags. */
export function judgeManifests(
  rules: readonly CheckedRule[],
  snapshot: Snapshot,
  tags: readonly TagVerdict[],
  memo: Memo,
  { start, isNew, isOld }: Ages,
): ManifestVerdicts {
  const graph = graphOf(snapshot)
  const { manifests } = snapshot
  const limit = untaggedLimit(rules)
  const tagged = new Set(tags.flatMap(({ stays, seen }) => (stays ? [seen.digest] : [])))
  const reasons = new Map<Digest, Reason>()
  const remember = new Map<Digest, Remembered>()
  const roots = new Set(tagged)
  const losing = new Map(
    tags.flatMap((verdict) => (verdict.stays ? [] : [[verdict.seen.digest, verdict] as const])),
  )
  const orphaned = orphansOf(rules, graph, limit, start)
  for (const seen of manifests.values()) {
    const { digest } = seen
    if (roots.has(digest)) continue
    if (isNew(seen.modified)) {
      const known = recall(memo, seen)
      if (known) remember.set(digest, known)
      roots.add(digest)
      reasons.set(digest, { rule: '', why: 'it was pushed or used just now' })
      continue
    }
    const { stays, ...reason } =
      orphaned.get(digest) ??
      (graph.owners.has(digest)
        ? { stays: false, rule: '', why: 'it goes with what it belongs to' }
        : loosed(seen, losing.get(digest), recall(memo, seen), limit, start, remember))
    reasons.set(digest, reason)
    if (stays) roots.add(digest)
  }
  const kept = closureOf(graph, roots, (digest, owner) =>
    reasons.set(digest, { rule: '', why: `it belongs to ${owner}, which stays` }),
  )
  const unneeded = new Set([...manifests.keys()].filter((digest) => !kept.has(digest)))
  const order = ownersFirst(graph, unneeded).slice(0, MAX_REMEMBERED)
  inherit(graph, order, reasons)
  const young = order.filter((digest) => !isOld(manifests.get(digest)!.modified))
  const spared = closureOf(graph, young)
  const verdictOf = (digest: Digest, fate: ManifestVerdict['fate']): ManifestVerdict => ({
    seen: manifests.get(digest)!,
    fate,
    ...reasons.get(digest)!,
  })
  const out = new Map<Digest, Remembered>()
  for (const digest of order)
    out.set(digest, onItsWayOut(manifests.get(digest)!, memo, reasons.get(digest)!, start))
  for (const [digest, waiting] of remember)
    if (kept.has(digest) && out.size < MAX_REMEMBERED) out.set(digest, waiting)
  const waits = (digest: Digest) =>
    !tagged.has(digest) && (unneeded.has(digest) ? !out.has(digest) : isNew(manifests.get(digest)!.modified))
  return {
    graph,
    waiting: new Set([...manifests.keys()].filter((digest) => waits(digest))),
    remember: new Map([...out].sort(([a], [b]) => (a < b ? -1 : 1))),
    verdicts: [
      ...[...kept].filter((digest) => !tagged.has(digest)).map((digest) => verdictOf(digest, 'stays')),
      ...order.map((digest) => verdictOf(digest, spared.has(digest) ? 'later' : 'goes')),
    ],
  }
}

/** How long untagged manifests stay: where several rules say so, the longest. `null` for ever. */
function untaggedLimit(rules: readonly CheckedRule[]): { ms: number; rule: string } | null {
  let limit: { ms: number; rule: string } | null = null
  for (const { name, untagged } of rules)
    if (untagged !== null && untagged >= (limit?.ms ?? 0)) limit = { ms: untagged, rule: name }
  return limit
}

type Limit = ReturnType<typeof untaggedLimit>

/** What becomes of a manifest that belongs to nothing and that no tag keeps. */
function loosed(
  seen: ManifestSeen,
  losing: TagVerdict | undefined,
  known: Remembered | null,
  limit: Limit,
  start: number,
  remember: Map<Digest, Remembered>,
): Reason & { stays: boolean } {
  if (losing) return { stays: false, rule: losing.rule, why: `its tag ${losing.seen.tag} goes` }
  if (known?.goes) return { stays: false, ...known.goes }
  if (!limit) return { stays: true, rule: '', why: 'no rule is about untagged manifests here' }
  const since = known?.since ?? start
  remember.set(seen.digest, { since, ...(seen.push === undefined ? {} : { push: seen.push }) })
  const age = start - Math.max(since, seen.modified)
  return { stays: age < limit.ms, rule: limit.rule, why: `untagged and unused for ${ageText(age)}` }
}

/** Manifests of tags that are about something that is not here: they are as good as untagged, unless a rule keeps all. */
function orphansOf(
  rules: readonly CheckedRule[],
  { orphans }: Graph,
  limit: Limit,
  start: number,
): Map<Digest, Reason & { stays: boolean }> {
  const found = new Map<Digest, Reason & { stays: boolean }>()
  for (const { tag, digest, modified } of orphans) {
    const kept = found.get(digest)?.stays === true || isAlwaysKept(rules, tag)
    const stays = kept || !limit || start - modified < limit.ms
    found.set(digest, {
      stays,
      rule: limit?.rule ?? '',
      why: `what its tag ${tag.slice(0, 19)}... is about is not here`,
    })
  }
  return found
}

/** What goes with its owner goes by the owner's rule. */
function inherit({ owners }: Graph, order: readonly Digest[], reasons: Map<Digest, Reason>): void {
  for (const digest of order) {
    const owner = owners.get(digest)?.find((one) => reasons.has(one))
    if (owner !== undefined)
      reasons.set(digest, { rule: reasons.get(owner)!.rule, why: `it goes with ${owner}` })
  }
}

function onItsWayOut(seen: ManifestSeen, memo: Memo, goes: Reason, start: number): Remembered {
  const since = recall(memo, seen)?.since ?? start
  return { since, ...(seen.push === undefined ? {} : { push: seen.push }), goes }
}
