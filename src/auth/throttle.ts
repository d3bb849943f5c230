import { RegistryError } from '../oci/index.ts'
import type { Authenticator } from './contract.ts'
import { basicOf } from './credentials.ts'

/** How many guesses somebody has. */
export interface ThrottleOptions {
  /** Wrong passwords for a name from an address (20). */
  failures?: number
  /** Within so many milliseconds (1 minute). */
  per?: number
  /** The clock, in milliseconds (`Date.now`). */
  now?: () => number
}

/** How many names and addresses are remembered; beyond it the oldest are forgotten. */
const MAX = 10_000
/** Longer names are not remembered: all of an address count as one. */
const LONGEST = 255

/**
 * Slows guessing down: after so many wrong passwords for one name from one address the answer is 429, also for the
 * right one, until the time is over. Others are not held up, neither from elsewhere nor by another name. Behind a proxy
 * the server must be told to trust it, or all clients have its address.
 */
export function throttle<A extends Authenticator>(inner: A, options: ThrottleOptions = {}): A {
  const { failures = 20, per = 60_000, now = Date.now } = options
  const counts = new Map<string, { readonly count: number; readonly until: number }>()
  return {
    ...inner,
    async authenticate(request, facts) {
      const name = nameIn(request)
      if (name === null) return inner.authenticate(request, facts)
      const key = `${facts?.address ?? ''}\n${name.length > LONGEST ? '' : name}`
      const current = () => {
        const found = counts.get(key)
        return found && found.until > now() ? found : undefined
      }
      const before = current()
      if (before && before.count >= failures) throw tooMany(before.until - now())
      try {
        return await inner.authenticate(request, facts)
      } catch (error) {
        if (error instanceof RegistryError && error.code === 'UNAUTHORIZED') {
          // Others may have guessed in the meantime.
          const { count, until } = current() ?? { count: 0, until: now() + per }
          counts.delete(key)
          counts.set(key, { count: count + 1, until })
          if (counts.size > MAX) counts.delete(counts.keys().next().value!)
        }
        throw error
      }
    },
  }
}

/** Only passwords are guessed: tokens are too long for that. */
function nameIn(request: Request): string | null {
  try {
    return basicOf(request)?.name ?? null
  } catch {
    return null
  }
}

function tooMany(wait: number): RegistryError {
  return new RegistryError('TOOMANYREQUESTS', 'too many wrong passwords: wait a minute and try again', {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) },
  })
}
