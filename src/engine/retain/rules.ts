/**
 * Rules of retention, and what is wrong with those that make no sense.
 * @module
 */

import * as v from 'valibot'
import { isGlob, matchGlob } from '../../oci/index.ts'

/** A time: milliseconds, or text as in `90s`, `30m`, `24h` and `7d`. */
export type Duration = number | string

/**
 * What may go. A tag that is among the `tags` of some rules goes when none of them keeps it; a tag that no rule is
 * about stays. Which repositories and tags are meant is said by globs: `*` stands for any characters between slashes, a
 * segment `**` for any number of segments.
 */
export interface RetentionRule {
  /** What reports call it (`rule 1` and so on). */
  name?: string
  /** The repositories that it is about (`**`, all). */
  repositories?: string | readonly string[]
  /** The tags that `keep` is about (`*`, all). */
  tags?: string | readonly string[]
  /** Which of those tags stay: all, or each that at least one of the conditions holds for. Absent: it says nothing of tags. */
  keep?: 'all' | KeptTags
  /** How long untagged manifests stay after they were last pushed, tagged, used or pulled. Absent: for ever. */
  untagged?: Duration
}

/** Conditions under which a tag stays. At least one is given. */
export interface KeptTags {
  /** It is among the last so many of the tags that the rule is about. */
  last?: number
  /** The order for `last`: when a tag was pushed, or its version; then tags that are no versions are left alone (`time`). */
  by?: 'time' | 'version'
  /** It was pushed within this time. */
  pushed?: Duration
  /** Its manifest was pulled, pushed or used within this time; at least a day. */
  pulled?: Duration
}

/** A rule that has been checked: everything is there, and times are milliseconds. */
export interface CheckedRule {
  readonly name: string
  readonly repositories: readonly string[]
  readonly tags: readonly string[]
  readonly keep: 'all' | CheckedKeep | null
  readonly untagged: number | null
}

/** The conditions of a rule; `null` for those that it does not have. */
export interface CheckedKeep {
  readonly last: number | null
  readonly by: 'time' | 'version'
  readonly pushed: number | null
  readonly pulled: number | null
}

const DAY = 24 * 3_600_000
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY }

const TIME = 'must be a time, as in 90s, 30m, 24h or 7d'
const NAME = 'must be a text of 1 to 60 characters'
const WHOLE = 'must be a whole number from 0'
const TAG_GLOB = /^[\w.*-]{1,128}$/

const duration = v.pipe(
  v.unknown(),
  v.transform((value) => millisecondsOf(value)),
  v.number(TIME),
)

const globs = (isOne: (text: string) => boolean, what: string) => {
  const one = v.pipe(v.string(what), v.check(isOne, what))
  const several = v.pipe(v.array(one, what), v.minLength(1, 'must not be empty'))
  return v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === 'string' ? [value] : value)),
    several,
  )
}

const keptTags = v.pipe(
  v.strictObject(
    {
      last: v.optional(v.pipe(v.number(WHOLE), v.safeInteger(WHOLE), v.minValue(0, WHOLE))),
      by: v.optional(v.picklist(['time', 'version'], "must be 'time' or 'version'")),
      pushed: v.optional(duration),
      pulled: v.optional(
        v.pipe(duration, v.minValue(DAY, 'must be at least a day: pulls are noted coarsely')),
      ),
    },
    ({ path }) => (path ? 'is unknown' : "must be 'all' or an object"),
  ),
  v.check(
    ({ last, pushed, pulled }) => last !== undefined || pushed !== undefined || pulled !== undefined,
    "must say what stays: last, pushed or pulled, or 'all'",
  ),
  v.check(({ last, by }) => by === undefined || last !== undefined, 'has by, which needs last'),
)

const rule = v.pipe(
  v.strictObject(
    {
      name: v.optional(v.pipe(v.string(NAME), v.minLength(1, NAME), v.maxLength(60, NAME))),
      repositories: v.optional(
        globs(isGlob, 'must be globs of repositories: lower-case names with * for any part of them'),
      ),
      tags: v.optional(
        globs((text) => TAG_GLOB.test(text), 'must be globs of tags: with * for any part of them'),
      ),
      keep: v.optional(v.lazy((value) => (value === 'all' ? v.literal('all') : keptTags))),
      untagged: v.optional(duration),
    },
    ({ path }) => (path ? 'is unknown' : 'must be an object'),
  ),
  v.check(({ keep, untagged }) => keep !== undefined || untagged !== undefined, 'must have keep or untagged'),
  v.check(({ keep, tags }) => tags === undefined || keep !== undefined, 'has tags, which need keep'),
)

const rules = v.array(rule, 'must be a list of rules')

/**
 * Checks rules, from code or from JSON.
 * @throws TypeError In one line, with the path to the first mistake, as in `retention[0].keep.last`.
 */
export function checkRetention(value: unknown): CheckedRule[] {
  const { success, output, issues } = v.safeParse(rules, value, { abortEarly: true })
  if (!success) throw new TypeError(`retention${pathOf(issues[0])} ${issues[0].message}`)
  return output.map(({ name, repositories, tags, keep, untagged }, at) => ({
    name: name ?? `rule ${at + 1}`,
    repositories: repositories ?? ['**'],
    tags: tags ?? ['*'],
    keep: keep === undefined ? null : keep === 'all' ? keep : conditionsOf(keep),
    untagged: untagged ?? null,
  }))
}

/** The rules that are about a repository. */
export function rulesFor(rules: readonly CheckedRule[], repo: string): CheckedRule[] {
  return rules.filter(({ repositories }) => repositories.some((glob) => matchGlob(glob, repo)))
}

function conditionsOf({ last, by, pushed, pulled }: v.InferOutput<typeof keptTags>): CheckedKeep {
  return { last: last ?? null, by: by ?? 'time', pushed: pushed ?? null, pulled: pulled ?? null }
}

function millisecondsOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 && Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string') return undefined
  const [, digits, unit = ''] = /^(\d{1,6})([smhd])$/.exec(value) ?? []
  return digits === undefined ? undefined : Number(digits) * UNITS[unit]!
}

function pathOf({ path }: v.BaseIssue<unknown>): string {
  const keys = path?.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
  return keys?.join('') ?? ''
}
