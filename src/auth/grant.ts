/**
 * Credentials that may do less than their owner: tokens and keys. The limit is a field of the subject, and the server
 * keeps it whatever the authoriser says.
 * @module
 */

import type { Context, Subject } from '../registry.ts'
import type { Access, Auth, AuthDecision } from './contract.ts'

/** What credentials are limited to. */
export interface Grant {
  /** Whether these credentials reach so far. */
  covers(access: Access, context: Context): boolean
  /** Whether the caller can get others that reach farther, as with tokens: then it is told 401, and else 403. */
  readonly renewable: boolean
  /** None of these others reaches as far as the caller's rights, so that lists show only what is covered (false). */
  readonly partial?: boolean
}

/** For credentials that reach as far as their owner and are still no login: nothing that outlives them is given for them. */
export const NO_LOGIN: Grant = { covers: () => true, renewable: false }

/** No field of an authenticator can have this name, and spreading a subject keeps it. */
const GRANT: unique symbol = Symbol.for('ocikit.grant')

/** The same subject, with credentials that are limited, further if they are already: for authenticators of one's own. */
export function limitedTo<S extends Subject>(subject: S, grant: Grant): S {
  const before = grantOf(subject)
  return { ...subject, [GRANT]: before ? both(before, grant) : grant }
}

function both(a: Grant, b: Grant): Grant {
  return {
    covers: (access, context) => a.covers(access, context) && b.covers(access, context),
    renewable: a.renewable && b.renewable,
    partial: a.partial === true || b.partial === true,
  }
}

/** What a subject's credentials are limited to; `null` if to nothing. */
export function grantOf(subject: Subject | null): Grant | null {
  return (subject as { [GRANT]?: Grant } | null)?.[GRANT] ?? null
}

/** The authoriser's decision within the limits of the credentials; `insufficient`: others of the caller would do. */
export async function decide(
  auth: Pick<Auth, 'authorize'>,
  access: Access,
  context: Context,
): Promise<AuthDecision | 'insufficient'> {
  const decision = await auth.authorize(access, context)
  if (decision !== 'allow') return decision
  const grant = grantOf(context.subject)
  if (grant === null || grant.covers(access, context)) return 'allow'
  return grant.renewable ? 'insufficient' : 'deny'
}

/** Whether a list may show a repository: the caller may pull from it, if maybe with other credentials. */
export async function sees(auth: Pick<Auth, 'authorize'>, name: string, context: Context): Promise<boolean> {
  const decision = await decide(auth, { type: 'repository', name, action: 'pull' }, context)
  return decision === 'allow' || (decision === 'insufficient' && grantOf(context.subject)?.partial !== true)
}
