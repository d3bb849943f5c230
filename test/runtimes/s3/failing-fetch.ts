/**
 * The way to a store, on which one request goes wrong.
 * @module
 */

import type { S3Options } from '../../../adapters/storage/s3/index.ts'

type Fetch = NonNullable<S3Options['fetch']>

/** What befalls a request. */
export type Mishap =
  /** It does not arrive. */
  | 'error'
  /** The store is busy and does nothing. */
  | 'busy'
  /** The store does what it is asked, and nobody hears of it. */
  | 'lost answer'
  /** It takes its time. */
  | 'delay'

export const MISHAPS: readonly Mishap[] = ['error', 'busy', 'lost answer', 'delay']

/** A way on which a request can go wrong. */
export interface FailingFetch {
  readonly fetch: Fetch
  /** Requests so far. */
  readonly count: () => number
  /** Lets the request after so many others go wrong, counted from now. */
  plan(after: number, mishap: Mishap): void
}

/** The same way, but a request goes wrong when it is planned. */
export function failingFetch(inner: Fetch): FailingFetch {
  let requests = 0
  let planned: { at: number; mishap: Mishap } | undefined
  return {
    async fetch(url, init) {
      const mishap = planned?.at === ++requests ? planned.mishap : undefined
      if (mishap === 'error') throw new TypeError('no effect')
      if (mishap === 'busy') return new Response('<Error><Code>SlowDown</Code></Error>', { status: 503 })
      if (mishap === 'delay') await new Promise((resolve) => setTimeout(resolve, 5))
      const response = await inner(url, init)
      if (mishap !== 'lost answer') return response
      await response.body?.cancel()
      throw new TypeError('the answer was lost')
    },
    count: () => requests,
    plan: (after, mishap) => {
      planned = { at: requests + after + 1, mishap }
    },
  }
}
