import type { Access, ChallengeFacts } from '../contract.ts'
import { quoted } from '../credentials.ts'
import { formatScopes } from '../scope.ts'

/** The challenge of RFC 6750 with distribution's parameters: `realm` and `service` always, and the same for all. */
export function bearerChallenge(
  realm: string,
  service: string,
  accesses: readonly Access[],
  error: ChallengeFacts['error'],
): string {
  const scope = formatScopes(accesses)
  const parts = [`realm=${quoted(realm)}`, `service=${quoted(service)}`]
  if (scope) parts.push(`scope=${quoted(scope)}`)
  if (error) parts.push(`error=${quoted(error)}`)
  return `Bearer ${parts.join(',')}`
}
