import { RegistryError } from '../oci/index.ts'
import type { Subject } from '../registry.ts'
import type { Authenticator } from './contract.ts'
import { basicChallenge, basicOf } from './credentials.ts'

/** Tells whose name and password these are; `null` if nobody's. It may be asked as often as somebody guesses. */
export type VerifyPassword = (name: string, password: string) => Subject | null | Promise<Subject | null>

/**
 * HTTP Basic (RFC 7617) with a check of your own. An empty pair of name and password is anonymous: clients without
 * credentials send it. Passwords may hold colons. Wrap it in {@link throttle} where passwords can be guessed.
 *
 * @example
 * ```ts
 * import { basic, type Auth } from 'ocikit'
 *
 * export const auth: Auth = {
 *   ...basic(async (name, password) => (password === 'secret' ? { name } : null)),
 *   authorize: (_access, { subject }) => (subject ? 'allow' : 'deny'),
 * }
 * ```
 */
export function basic(verify: VerifyPassword): Authenticator {
  return {
    async authenticate(request) {
      const pair = basicOf(request)
      if (pair === null) return null
      const subject = await verify(pair.name, pair.password)
      if (subject === null) throw wrongPassword()
      return subject
    },
    challenge: basicChallenge,
  }
}

/** One text for an unknown name and a wrong password. */
export function wrongPassword(): RegistryError {
  return new RegistryError('UNAUTHORIZED', 'wrong user name or password: log in again')
}
