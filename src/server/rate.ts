import type { RateLimiter } from '../limits/index.ts'
import { RegistryError } from '../oci/index.ts'
import type { Context } from '../registry.ts'
import { parseAddress } from './address.ts'

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

/** The subject; else the address. A client has as many addresses of IPv6 as it likes, all in one network of 64 bits. */
function callerIn({ subject, client }: Context): string {
  if (subject) return `subject ${subject.name}`
  const address = client?.address ?? ''
  const bytes = parseAddress(address)
  return `address ${bytes?.length === 16 ? bytes.subarray(0, 8).join('.') : address}`
}
