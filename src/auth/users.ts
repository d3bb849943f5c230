import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { equalBytes } from '../hash/index.ts'
import { RegistryError } from '../oci/index.ts'
import type { Subject } from '../registry.ts'
import type { Auth } from './contract.ts'

/** Somebody with a password. */
export interface User {
  /** Not empty, without a colon. */
  readonly name: string
  /** May hold colons. */
  readonly password: string
}

/**
 * Users with passwords, by HTTP Basic (RFC 7617). Each may do everything; anonymous callers nothing.
 * Passwords are compared in constant time and never logged. An empty pair of name and password is anonymous:
 * clients without credentials send it.
 *
 * @throws TypeError for a name that is empty, has a colon or comes twice, and for an empty password.
 */
export function users(list: readonly User[]): Auth {
  checkUsers(list)
  // Comparing keyed hashes hides where two secrets differ and how long they are. The key is made when it is needed:
  // Workers give no randomness before the first request.
  let key: Uint8Array | undefined
  const seal = (name: string, password: string) => {
    key ??= crypto.getRandomValues(new Uint8Array(32))
    return hmac(sha256, key, utf8ToBytes(JSON.stringify([name, password])))
  }
  let known: { readonly subject: Subject; readonly sealed: Uint8Array }[] | undefined
  return {
    authenticate(request) {
      const pair = credentialsOf(request)
      if (pair === null) return null
      known ??= list.map(({ name, password }) => ({ subject: { name }, sealed: seal(name, password) }))
      const sealed = seal(pair.name, pair.password)
      let subject: Subject | null = null
      for (const user of known) if (equalBytes(user.sealed, sealed)) subject = user.subject
      if (subject === null)
        throw new RegistryError('UNAUTHORIZED', 'wrong user name or password: log in again')
      return subject
    },
    authorize: (_access, context) => (context.subject === null ? 'deny' : 'allow'),
    challenge: (realm) => `Basic realm="${realm.replace(/["\\]/g, '\\$&')}", charset="UTF-8"`,
  }
}

/** What comes from a missing variable must not become an open door. */
function checkUsers(list: readonly User[]): void {
  const names = new Set<string>()
  for (const { name, password } of list) {
    if (!name || name.includes(':')) throw new TypeError('a user needs a name without a colon')
    if (!password) throw new TypeError(`the password of user ${JSON.stringify(name)} is empty`)
    if (names.has(name)) throw new TypeError(`there are two users called ${JSON.stringify(name)}`)
    names.add(name)
  }
}

function credentialsOf(request: Request): { name: string; password: string } | null {
  const header = request.headers.get('authorization')?.trim()
  if (!header) return null
  const match = /^basic +([a-z0-9+/_-]+=*)$/i.exec(header)
  if (!match)
    throw new RegistryError(
      'UNAUTHORIZED',
      'this registry takes HTTP Basic credentials: log in with a user name and a password',
    )
  const text = decode(match[1]!)
  const colon = text.indexOf(':')
  if (colon < 0)
    throw new RegistryError(
      'UNAUTHORIZED',
      'malformed Basic credentials: a colon between user name and password is missing',
    )
  if (text === ':') return null
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

function decode(base64: string): string {
  try {
    const binary = atob(base64.replaceAll('-', '+').replaceAll('_', '/'))
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)))
  } catch {
    throw new RegistryError('UNAUTHORIZED', 'malformed Basic credentials: not base64 of UTF-8 text')
  }
}
