/**
 * Which tags of a repository stay, by the rules that are about it.
 * @module
 */

import { type Digest, isDigest, matchGlob, type Tag } from '../../oci/index.ts'
import type { CheckedKeep, CheckedRule } from './rules.ts'
import type { ManifestSeen, Snapshot, TagSeen } from './snapshot.ts'
import { compareVersions, type Version, versionOf } from './version.ts'

/** When a pass began, and since when every pull has been noted; in milliseconds since 1970. */
export interface Times {
  readonly start: number
  readonly since: number
}

/** What becomes of a tag. */
export interface TagVerdict {
  readonly seen: TagSeen
  readonly stays: boolean
  /** Names of the rules that say so; empty if none is about it. */
  readonly rule: string
  readonly why: string
}

/**
 * What a tag is about that cosign and its kin, or clients of registries without referrers, have made of a digest
 * (distribution-spec, "Referrers Tag Schema"): `sha256-<hex>`, maybe with `.sig`, `.att` or `.sbom`. `null` for others,
 * also for one that only spells the digest of what it names.
 */
export function aboutOf({ tag, digest: named }: Pick<TagSeen, 'tag' | 'digest'>): Digest | null {
  const [, algorithm, hex] = /^(sha256|sha512)-([0-9a-f]{64,128})(?:\.[\w.-]+)?$/.exec(tag) ?? []
  const digest = `${algorithm}:${hex}`
  return hex !== undefined && isDigest(digest) && digest !== named ? digest : null
}

/** Whether a rule keeps this tag whatever holds for it. */
export function isAlwaysKept(rules: readonly CheckedRule[], tag: Tag): boolean {
  return rules.some((rule) => rule.keep === 'all' && isMeant(rule, tag))
}

function isMeant({ tags }: CheckedRule, tag: Tag): boolean {
  return tags.some((glob) => matchGlob(glob, tag))
}

/** Judges all tags but those that are about a digest: these live as long as what they are about. */
export function judgeTags(
  rules: readonly CheckedRule[],
  { tags, manifests }: Snapshot,
  times: Times,
): TagVerdict[] {
  const ordinary = tags.filter((seen) => aboutOf(seen) === null)
  const judges = rules.flatMap((rule) => (rule.keep === null ? [] : [judgeOf(rule, rule.keep, ordinary)]))
  return ordinary.map((seen) => {
    const opinions = judges.flatMap((judge) => judge(seen, manifests.get(seen.digest)!, times) ?? [])
    const keeping = opinions.filter(({ keeps }) => keeps)
    const stays = keeping.length > 0 || opinions.length === 0
    const decisive = stays ? keeping : opinions
    return {
      seen,
      stays,
      rule: decisive.map(({ rule }) => rule).join(', '),
      why: decisive.map(({ why }) => why).join('; ') || 'no rule is about it',
    }
  })
}

/** What a rule says about a tag. */
interface Opinion {
  readonly keeps: boolean
  readonly rule: string
  readonly why: string
}

/** `null` for a tag that the rule is not about. */
type Judge = (seen: TagSeen, manifest: ManifestSeen, times: Times) => Opinion | null

function judgeOf(checked: CheckedRule, wanted: 'all' | CheckedKeep, all: readonly TagSeen[]): Judge {
  const { name: rule } = checked
  if (wanted === 'all')
    return ({ tag }) =>
      isMeant(checked, tag) ? { keeps: true, rule, why: 'the rule keeps all of them' } : null
  const meant = all.filter(({ tag }) => isMeant(checked, tag))
  const ranks = ranksOf(meant, wanted.by)
  return (seen, manifest, times) => {
    if (!isMeant(checked, seen.tag)) return null
    const rank = ranks.get(seen)
    if (rank === undefined) return { keeps: true, rule, why: 'it is no version' }
    const conditions = conditionsOf(wanted, rank, seen, manifest, times)
    const held = conditions.filter(({ holds }) => holds)
    return {
      keeps: held.length > 0,
      rule,
      why: (held.length > 0 ? held : conditions).map(({ text }) => text).join(', '),
    }
  }
}

/** The place of each tag, the newest first; tags that have none are left out. */
function ranksOf(tags: readonly TagSeen[], by: CheckedKeep['by']): Map<TagSeen, number> {
  return new Map((by === 'time' ? byTime(tags) : byVersion(tags)).map((seen, at) => [seen, at]))
}

function byTime(tags: readonly TagSeen[]): TagSeen[] {
  return tags.toSorted((a, b) => b.modified - a.modified || (a.tag < b.tag ? 1 : -1))
}

function byVersion(tags: readonly TagSeen[]): TagSeen[] {
  const versions = tags.flatMap((seen): { seen: TagSeen; version: Version }[] => {
    const version = versionOf(seen.tag)
    return version ? [{ seen, version }] : []
  })
  const sorted = versions.sort(
    (a, b) => compareVersions(b.version, a.version) || b.seen.modified - a.seen.modified,
  )
  return sorted.map(({ seen }) => seen)
}

function conditionsOf(
  { last, by, pushed, pulled }: CheckedKeep,
  rank: number,
  seen: TagSeen,
  manifest: ManifestSeen,
  { start, since }: Times,
): { holds: boolean; text: string }[] {
  const conditions: { holds: boolean; text: string }[] = []
  if (last !== null) {
    const order = by === 'time' ? 'pushed' : 'versions'
    const text = rank < last ? `among the last ${last} ${order}` : `number ${rank + 1}, and ${last} are kept`
    conditions.push({ holds: rank < last, text })
  }
  if (pushed !== null) {
    const age = start - seen.modified
    conditions.push({ holds: age <= pushed, text: `pushed ${ageText(age)} ago` })
  }
  if (pulled !== null) {
    const used = Math.max(manifest.modified, seen.modified)
    const text =
      used >= since
        ? `pulled or used ${ageText(start - used)} ago`
        : `no pull in the ${ageText(start - since)} since pulls are noted`
    conditions.push({ holds: start - Math.max(used, since) <= pulled, text })
  }
  return conditions
}

const HOUR = 3_600_000

/** A time for people. */
export function ageText(ms: number): string {
  const hours = Math.max(0, Math.floor(ms / HOUR))
  if (hours < 48) return hours === 1 ? '1 hour' : `${hours} hours`
  return `${Math.floor(hours / 24)} days`
}
