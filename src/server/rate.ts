import { networkOf } from '../address.ts'
import type { RateLimiter } from '../limits/index.ts'
import { RegistryError } from '../oci/index.ts'
import type { Context } from '../registry.ts'

/**
 * Counts a request.
 * @param counted Whom it was counted for already; nobody is counted twice.
 * @returns whom it was counted for, `null` for nobody.
 * @throws RegistryError `TOOMANYREQUESTS` with `Retry-After`.
 */
export async function requireRate(
  limiter: RateLimiter | undefined,
  context: Context,
  counted: string | null = null,
): Promise<string | null> {
  if (!limiter) return null
  const key = limiter.key ? limiter.key(context) : callerIn(context)
  if (key === null || key === counted) return key
  const wait = Math.ceil(await limiter.take(key, context))
  if (wait <= 0) return key
  throw new RegistryError(
    'TOOMANYREQUESTS',
    `too many requests: try again in ${wait} second${wait === 1 ? '' : 's'}`,
    { headers: { 'retry-after': String(wait) } },
  )
}

/** The subject; else the address. */
function callerIn({ subject, client }: Context): string {
  return subject ? `subject ${subject.name}` : `address ${networkOf(client?.address ?? '')}`
}
