/**
 * What a policy looks like as data, and where it is wrong.
 * @module
 */

import * as v from 'valibot'
import { isGlob } from '../oci/index.ts'
import { complaintOf } from './complaint.ts'
import { ACTIONS, PRESETS, type Rights } from './rights.ts'

/** Who a rule is about: `user:NAME` and `group:NAME` may hold globs. */
export type Who = 'everyone' | 'anonymous' | 'authenticated' | `user:${string}` | `group:${string}`

/** A rule of a {@link Policy}: whom it is about, where, and exactly one of `allow`, `deny` and `hide`. */
export interface PolicyRule {
  /** Several are a union. `everyone` is with or without credentials. */
  readonly who: Who | readonly Who[]
  /** Globs over names of repositories; `{name}` stands for the caller's own name (all, `**`, and only so the catalog). */
  readonly repositories?: string | readonly string[]
  /** These actions are allowed. */
  readonly allow?: Rights
  /** These actions are refused. */
  readonly deny?: Rights
  /** For these actions the repository does not exist. */
  readonly hide?: Rights
}

/** Rules in order; the first that is about a caller, a repository and an action decides. */
export interface Policy {
  /** In order. */
  readonly rules: readonly PolicyRule[]
  /** What is decided where no rule is (`deny`). */
  readonly default?: 'deny' | 'hide'
}

const who = v.pipe(
  v.string(),
  v.regex(
    /^(?:everyone|anonymous|authenticated|(?:user|group):.+)$/,
    'must be everyone, anonymous, authenticated, user:NAME or group:NAME',
  ),
)
const glob = v.pipe(
  v.string(),
  v.check(
    (text) => isGlob(text.replaceAll('{name}', 'name')),
    'must be a glob over names of repositories, as in team/** or */base',
  ),
)
const rights = v.union(
  [v.picklist(PRESETS), v.array(v.picklist(ACTIONS))],
  `must be ${PRESETS.join(', ')} or a list of ${ACTIONS.join(', ')}`,
)
const rule = v.pipe(
  v.strictObject({
    who: v.union([who, v.pipe(v.array(who), v.minLength(1, 'must name somebody'))]),
    repositories: v.optional(v.union([glob, v.pipe(v.array(glob), v.minLength(1, 'must hold a glob'))])),
    allow: v.optional(rights),
    deny: v.optional(rights),
    hide: v.optional(rights),
  }),
  v.check(
    ({ allow, deny, hide }) => [allow, deny, hide].filter((each) => each !== undefined).length === 1,
    'must have exactly one of allow, deny and hide',
  ),
)
const schema = v.strictObject({
  rules: v.array(rule),
  default: v.optional(v.picklist(['deny', 'hide'])),
})

/**
 * Checks that data is a policy.
 * @throws TypeError that names the place, as in `rules[2].who: must be ...`.
 */
export function parsePolicy(data: unknown): Policy {
  const result = v.safeParse(schema, data, { abortPipeEarly: true })
  if (result.success) return result.output as Policy
  throw new TypeError(complaintOf(result.issues[0], 'the policy'))
}
