import type { JWTPayload } from 'jose'
import type { Subject } from '../../registry.ts'
import type { Authenticator } from '../contract.ts'
import { grantOf } from '../grant.ts'
import { groupsOf } from '../policy.ts'

/** A subject as a token carries it. */
export interface Claimed {
  /** Its name; empty for anonymous. */
  readonly sub: string
  readonly groups?: readonly string[]
  /** It is looked up again with each use, and the token ends when it is gone. */
  readonly known?: true
  /** By credentials that are limited: its groups are those that came with them. */
  readonly limited?: true
}

/** What of a subject goes into a token. */
export async function claim(login: Authenticator, subject: Subject | null): Promise<Claimed> {
  if (subject === null) return { sub: '' }
  const groups = groupsOf(subject)
  const known = (await login.lookup?.(subject.name)) != null
  const limited = grantOf(subject) !== null
  return {
    sub: subject.name,
    ...(groups.length > 0 && { groups }),
    ...(known && { known }),
    ...(limited && { limited }),
  }
}

/** What a token of ours says of its subject. */
export function claimedIn({ sub = '', ...claims }: JWTPayload): Claimed {
  const { groups: list, known, limited } = claims
  const groups = Array.isArray(list) ? list.filter((group) => typeof group === 'string') : undefined
  return {
    sub,
    ...(groups && { groups }),
    ...(known === true && { known }),
    ...(limited === true && { limited }),
  }
}

/** The subject of a token as it is now; `undefined` if it is gone, `null` for anonymous. */
export async function reclaim(
  login: Authenticator,
  { sub, groups, known, limited }: Claimed,
): Promise<Subject | null | undefined> {
  if (sub === '') return null
  if (known) {
    const subject = (await login.lookup?.(sub))?.subject
    return subject && limited ? { ...subject, groups: groups ?? [] } : subject
  }
  return groups ? { name: sub, groups } : { name: sub }
}
