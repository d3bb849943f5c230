import { matchGlob } from '../oci/index.ts'
import type { Subject } from '../registry.ts'
import type { Access, AuthDecision, Authorizer } from './contract.ts'
import { type Policy, type PolicyRule, parsePolicy, type Who } from './policy-schema.ts'
import { actionsOf, type Rights, within } from './rights.ts'

/**
 * Rules as an authoriser. The first rule that is about the caller, the repository and the action decides; where none
 * is, `default` does. Anonymous callers for whom something is hidden are asked to log in instead: containerd learns
 * only from that answer that it can. The groups of a subject are its field `groups`.
 *
 * @throws TypeError that names the rule and what is wrong with it.
 *
 * @example
 * ```ts
 * import { memory, ocikit, policy, users } from 'ocikit'
 *
 * const login = users([{ name: 'ann', password: 'secret', groups: ['dev'] }])
 * const authorize = policy({
 *   rules: [
 *     { who: 'everyone', repositories: 'public/**', allow: 'read' },
 *     { who: 'group:dev', repositories: ['team/*', '{name}/**'], allow: 'read-write' },
 *   ],
 * })
 * const kit = ocikit({ storage: memory(), auth: { ...login, authorize } })
 * console.log((await kit.fetch(new Request('http://localhost/v2/public/a/tags/list'))).status) // 404: allowed, but empty
 * ```
 */
export function policy(rules: Policy): Authorizer {
  const parsed = parsePolicy(rules)
  const compiled = parsed.rules.map(compile)
  const otherwise = parsed.default ?? 'deny'
  return (access, { subject }) => {
    const rule = compiled.find((each) => each.isAbout(subject) && each.reaches(access, subject))
    const decision = rule?.decision ?? otherwise
    return decision === 'hide' && subject === null ? 'deny' : decision
  }
}

interface Compiled {
  readonly decision: AuthDecision
  isAbout(subject: Subject | null): boolean
  reaches(access: Access, subject: Subject | null): boolean
}

function compile(rule: PolicyRule): Compiled {
  const [decision, rights] = effectOf(rule)
  const actions = actionsOf(rights)
  const about = listOf(rule.who).map(matcher)
  const globs = listOf(rule.repositories ?? '**')
  const own = globs.some((glob) => glob.includes('{name}'))
  return {
    decision,
    isAbout: (subject) => about.some((matches) => matches(subject)),
    reaches: (access, subject) => within(access, own ? ownGlobs(globs, subject) : globs, actions),
  }
}

function effectOf({ allow, deny, hide = 'none' }: PolicyRule): [AuthDecision, Rights] {
  if (allow !== undefined) return ['allow', allow]
  return deny !== undefined ? ['deny', deny] : ['hide', hide]
}

function matcher(who: Who): (subject: Subject | null) => boolean {
  if (who === 'everyone') return () => true
  if (who === 'anonymous') return (subject) => subject === null
  if (who === 'authenticated') return (subject) => subject !== null
  const name = who.slice(who.indexOf(':') + 1)
  if (who.startsWith('user:')) return (subject) => subject !== null && matchGlob(name, subject.name)
  return (subject) => groupsOf(subject).some((group) => matchGlob(name, group))
}

/** The groups of a subject; what is no list of texts counts as none. */
export function groupsOf(subject: Subject | null): readonly string[] {
  const groups = subject?.['groups']
  return Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : []
}

/** A name that is empty or holds a star would match more than itself. */
function ownGlobs(globs: readonly string[], subject: Subject | null): string[] {
  const name = !subject?.name || subject.name.includes('*') ? null : subject.name
  return globs.flatMap((glob) => {
    if (!glob.includes('{name}')) return [glob]
    return name === null ? [] : [glob.replaceAll('{name}', () => name)]
  })
}

function listOf<T extends string>(value: T | readonly T[]): readonly T[] {
  return typeof value === 'string' ? [value] : value
}
