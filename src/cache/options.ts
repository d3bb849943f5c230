/**
 * What a cache is told, and what its parts share.
 * @module
 */

import type { Context, Registry } from '../registry.ts'
import type { Records } from '../storage/index.ts'
import type { Flights } from './flights.ts'
import type { Ledger } from './ledger.ts'
import type { Outages } from './outages.ts'
import type { OpenWindow } from './window.ts'

/** How a cache keeps what it fetches. */
export interface CacheOptions {
  /** Milliseconds for which a tag is taken for what it was; then the upstream is asked whether it has moved (60,000). */
  readonly ttl?: number
  /**
   * Bytes of blobs and manifests that are kept at most; what was not pulled for longest goes first (no limit). Blobs
   * that are longer are passed on and not kept, to each who asks. A store frees bytes when its collector has come by,
   * not at once.
   */
  readonly maxBytes?: number
  /** Never ask the upstream: only what is kept is there (false). */
  readonly offline?: boolean
  /**
   * Where it is remembered what this cache keeps and when that was used, below `cache/`: a storage's `records` fit.
   * Without it, nothing that an earlier process has kept counts for `maxBytes`.
   */
  readonly records?: Records
  /** Is told what kept the cache from keeping something: clients are served all the same. */
  readonly onError?: (error: unknown) => void
  /** The clock, in milliseconds since 1970 (`Date.now`). */
  readonly now?: () => number
}

/** @throws TypeError for numbers that make no sense. */
export function checkCacheOptions({ ttl = 0, maxBytes = 1 }: CacheOptions): void {
  if (!(ttl >= 0)) throw new TypeError('ttl must be a number of milliseconds from 0 on')
  if (!(maxBytes > 0)) throw new TypeError('maxBytes must be a number above 0')
}

/** What the parts of a cache share. */
export interface Core {
  readonly upstream: Registry
  readonly store: Registry
  readonly ttl: number
  readonly maxBytes: number
  readonly offline: boolean
  readonly now: () => number
  readonly onError: (error: unknown) => void
  readonly ledger: Ledger
  readonly outages: Outages
  readonly flights: Flights
  readonly openWindow: OpenWindow
  /** What is being fetched, to be ended when the cache is closed. */
  readonly fetching: Set<AbortController>
}

/** A call of the upstream that goes on when its caller has left: with its context, without its signal. */
export type DetachedCall = { readonly signal: AbortSignal; readonly context?: Context }

/**
 * Begins what goes on when its caller has left. Each has a signal of its own: one for all would be listened to by all.
 * @returns the call, what says that it has ended, and what ends it.
 */
export function detach(
  { fetching }: Core,
  context: Context | undefined,
): {
  readonly call: DetachedCall
  readonly end: () => void
  readonly abort: (reason: unknown) => void
} {
  const controller = new AbortController()
  fetching.add(controller)
  return {
    call: { signal: controller.signal, ...(context ? { context } : {}) },
    end: () => void fetching.delete(controller),
    abort: (reason) => controller.abort(reason),
  }
}

/** Does what goes on when its caller has left. */
export async function detached<T>(
  core: Core,
  context: Context | undefined,
  work: (call: DetachedCall) => Promise<T>,
): Promise<T> {
  const { call, end } = detach(core, context)
  try {
    return await work(call)
  } finally {
    end()
  }
}

/** What a call of the store is given that is to be ended by nobody but itself. */
export function settled(context: Context | undefined): { context?: Context } {
  return context ? { context } : {}
}
