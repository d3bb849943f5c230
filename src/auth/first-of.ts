import { RegistryError } from '../oci/index.ts'
import type { Authenticator } from './contract.ts'
import { OtherScheme } from './credentials.ts'

/**
 * Asks one authenticator after the other who calls. The first that knows says it; credentials that nobody knows are
 * refused, and only a request without any is anonymous. Other errors than `UNAUTHORIZED` end the search: while one
 * cannot be asked, no other speaks for it.
 *
 * Name those that check slowly last, as `htpasswd`: each is asked about what those before it do not know.
 *
 * Clients understand one challenge at a time, so it is that of the first that has one.
 */
export function firstOf(...list: readonly Authenticator[]): Authenticator {
  return {
    async authenticate(request, facts) {
      let wrong: RegistryError | null = null
      for (const each of list) {
        try {
          const subject = await each.authenticate(request, facts)
          if (subject !== null) return subject
        } catch (error) {
          if (!(error instanceof RegistryError) || error.code !== 'UNAUTHORIZED') throw error
          // Whoever knows the scheme says best what is wrong.
          if (wrong === null || wrong instanceof OtherScheme) wrong = error
        }
      }
      if (wrong !== null) throw wrong
      return null
    },
    challenge(realm, accesses, facts) {
      for (const each of list) {
        const challenge = each.challenge(realm, accesses, facts)
        if (challenge !== null) return challenge
      }
      return null
    },
    async lookup(name) {
      for (const each of list) {
        const known = await each.lookup?.(name)
        if (known) return known
      }
      return null
    },
  }
}
