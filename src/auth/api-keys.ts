import { RegistryError } from '../oci/index.ts'
import type { Subject } from '../registry.ts'
import type { Authenticator } from './contract.ts'
import { basicChallenge, basicOf, bearerOf, OtherScheme } from './credentials.ts'
import { limitedTo, NO_LOGIN } from './grant.ts'
import { grantOfScopes } from './scope.ts'
import { digestText, randomText, sameText } from './secrets.ts'

/** A key as it is kept: without the secret. */
export interface ApiKey {
  /** Stands in the key itself, and in lists. */
  readonly id: string
  /** For people: what it is for. */
  readonly name: string
  /** Whose it is: the name of the subject that comes with it. */
  readonly subject: string
  /** Groups of that subject (none). */
  readonly groups?: readonly string[]
  /** `sha256:` of the secret, which is random and long. */
  readonly hash: string
  /** What it is limited to, as in `repository:team/**:pull,push` (whatever its owner may do). */
  readonly scopes?: readonly string[]
  /** When it was made, in milliseconds since 1970. */
  readonly created: number
  /** When it ends, in milliseconds since 1970 (never). */
  readonly expires?: number
}

/** What a new key is to be. */
export type NewApiKey = Pick<ApiKey, 'name' | 'subject' | 'groups' | 'scopes' | 'expires'>

const SHAPE = /^ock_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/

/**
 * Makes a key. `key` is what its owner keeps: it cannot be had again.
 * @throws TypeError for a name or subject that is empty, and for a scope that is none.
 */
export async function createApiKey(
  wanted: NewApiKey,
  now: () => number = Date.now,
): Promise<{ key: string; record: ApiKey }> {
  if (!wanted.name || !wanted.subject) throw new TypeError('a key needs a name and a subject')
  grantOfScopes(wanted.scopes ?? [])
  const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) =>
    b.toString(16).padStart(2, '0'),
  ).join('')
  const secret = randomText(32)
  const record = { ...wanted, id, hash: await digestText(secret), created: now() }
  return { key: `ock_${id}_${secret}`, record }
}

/**
 * Keys of programs, as the password of HTTP Basic under any name, or as a bearer token. A key that is unknown, expired
 * or revoked is refused. What its scopes do not name is refused whatever the subject may do.
 *
 * @param find Finds a key by its id, `null` if there is none or it was revoked; asked with every request.
 */
export function apiKeys(
  find: (id: string) => ApiKey | null | Promise<ApiKey | null>,
  now: () => number = Date.now,
): Authenticator {
  return {
    async authenticate(request) {
      const given = bearerOf(request) ?? basicOf(request)?.password
      if (given === undefined) return null
      const [, id, secret] = SHAPE.exec(given) ?? []
      if (id === undefined || secret === undefined) throw new OtherScheme('this registry takes keys only')
      const record = await find(id)
      // The same work whether there is one or not.
      const right = sameText(record?.hash ?? 'sha256:', await digestText(secret))
      if (!record || !right || record.id !== id || (record.expires ?? Number.POSITIVE_INFINITY) <= now())
        throw new RegistryError('UNAUTHORIZED', 'this key is unknown, expired or revoked: ask for a new one')
      return subjectOf(record)
    },
    challenge: basicChallenge,
  }
}

function subjectOf({ subject: name, name: key, groups, scopes }: ApiKey): Subject {
  const subject: Subject = { name, key, ...(groups && { groups }) }
  return limitedTo(subject, scopes ? grantOfScopes(scopes) : NO_LOGIN)
}
