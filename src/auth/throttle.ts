import { networkOf } from '../address.ts'
import { RegistryError } from '../oci/index.ts'
import type { Authenticator, RequestFacts } from './contract.ts'
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
 * right one, until the time is over. Others are not held up, neither from elsewhere nor by another name. Of IPv6 the
 * first 64 bits are an address. Behind a proxy the server must be told to trust it, or all clients have its address.
 */
export function throttle<A extends Authenticator>(inner: A, options: ThrottleOptions = {}): A {
  const { failures = 20, per = 60_000, now = Date.now } = options
  const counts = new Map<string, { readonly count: number; readonly until: number }>()
  let guessedUntil = Number.NEGATIVE_INFINITY
  const current = (key: string | null) => {
    const found = key === null ? undefined : counts.get(key)
    return found && found.until > now() ? found : undefined
  }
  const remember = (key: string | null) => {
    if (key === null) return
    // Others may have guessed in the meantime.
    const { count, until } = current(key) ?? { count: 0, until: now() + per }
    counts.delete(key)
    counts.set(key, { count: count + 1, until })
    guessedUntil = Math.max(guessedUntil, until)
    if (counts.size > MAX) counts.delete(counts.keys().next().value!)
  }
  return {
    ...inner,
    async authenticate(request, facts) {
      // While nobody guesses, whose turn it is does not matter.
      const before = guessedUntil > now() ? current(keyOf(request, facts)) : undefined
      if (before && before.count >= failures) throw tooMany(before.until - now())
      try {
        return await inner.authenticate(request, facts)
      } catch (error) {
        if (error instanceof RegistryError && error.code === 'UNAUTHORIZED') remember(keyOf(request, facts))
        throw error
      }
    },
  }
}

/** Whose guesses count as one. `null`: only passwords are guessed, tokens are too long for that. */
function keyOf(request: Request, facts: RequestFacts | undefined): string | null {
  try {
    const name = basicOf(request)?.name
    return name === undefined
      ? null
      : `${networkOf(facts?.address ?? '')}\n${name.length > LONGEST ? '' : name}`
  } catch {
    return null
  }
}

function tooMany(wait: number): RegistryError {
  return new RegistryError('TOOMANYREQUESTS', 'too many wrong passwords: wait a minute and try again', {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) },
  })
}
