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
}

/** No field of an authenticator can have this name, and spreading a subject keeps it. */
const GRANT: unique symbol = Symbol.for('ocikit.grant')

/** The same subject, with credentials that are limited: for authenticators of one's own. */
export function limitedTo<S extends Subject>(subject: S, grant: Grant): S {
  return { ...subject, [GRANT]: grant }
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
