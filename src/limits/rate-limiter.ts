import type { Context } from '../registry.ts'

/** Counts requests, and says when there are too many. */
export interface RateLimiter {
  /**
   * Whom a request is counted for; `null` lets it pass uncounted. Absent: for the subject, and for callers without one
   * the address, of IPv6 its first 64 bits. One to a token service (`action.endpoint` is `token`) is asked about twice,
   * first without a subject and then with whoever has logged in, and counted for both if they differ.
   */
  key?(context: Context): string | null
  /**
   * Counts one request. What it throws is answered as any other error of the registry.
   * @returns 0 if it may be served, else the seconds to wait: at least one of them is told to the client.
   */
  take(key: string, context: Context): number | Promise<number>
}
