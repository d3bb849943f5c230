/**
 * What failed and may pass is tried again.
 * @module
 */

import { RegistryError } from '../oci/index.ts'

const FIRST_DELAY = 200
const MAX_DELAY = 5_000

/** Does work, and again if it failed for a reason that may pass: with longer waits, which are random. */
export async function retried<T>(tries: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let no = 1; ; no++) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (no >= tries || !mayPass(error, ...DAMAGED, ...LOST)) throw error
      await pause(no, signal)
    }
  }
}

/** Bytes that got damaged on their way need not be next time. */
const DAMAGED = ['DIGEST_INVALID', 'SIZE_INVALID', 'RANGE_INVALID'] as const
/** Nor does a session that was lost. */
const LOST = ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID'] as const

/** Whether a session is gone. */
export function isLost(error: unknown): boolean {
  return error instanceof RegistryError && (LOST as readonly string[]).includes(error.code)
}

/** Whether a failure may pass: refusals stay, but for those with one of these codes. */
export function mayPass(error: unknown, ...passing: readonly string[]): boolean {
  if (!(error instanceof RegistryError) || passing.includes(error.code)) return true
  return (error.status >= 500 && error.status !== 507) || error.status === 429
}

/** Waits before another try: longer each time, and at random, so that not all come at once. */
export async function pause(no: number, signal: AbortSignal): Promise<void> {
  await wait(Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (no - 1)) * Math.random(), signal)
}

async function wait(delay: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, delay)
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** What a promise gives; `null` if that is not there. */
export async function orAbsent<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return null
    throw error
  }
}
