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
      if (no >= tries || !mayPass(error)) throw error
      await wait(Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (no - 1)) * Math.random(), signal)
    }
  }
}

/** Refusals stay. Bytes that got damaged on their way do not, nor does a session that was lost. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return true
  const passing = [
    'DIGEST_INVALID',
    'SIZE_INVALID',
    'BLOB_UPLOAD_UNKNOWN',
    'BLOB_UPLOAD_INVALID',
    'RANGE_INVALID',
  ]
  return (error.status >= 500 && error.status !== 507) || error.status === 429 || passing.includes(error.code)
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
