/**
 * How much goes into one request, by how fast the line is.
 * @module
 */

/** What a request should take, in milliseconds: shorter ones are mostly waiting, and longer ones cost more when lost. */
const TARGET = 2_000

/** The length of the next request after one that has succeeded: at most twice and at least half of that. */
export function nextLength(length: number, took: number): number {
  return Math.round(length * Math.min(2, Math.max(0.5, TARGET / Math.max(1, took))))
}
