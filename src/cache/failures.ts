/**
 * What an upstream's failure means to those who ask the cache.
 * @module
 */

import { RegistryError } from '../oci/index.ts'
import type { CallOptions } from '../registry.ts'

/** Whether an error says that something is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof RegistryError && error.status === 404
}

/** Whether the upstream could not answer, or gave an answer that cannot be: what is kept is better than that. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return true
  return error.status === 408 || error.status === 429 || error.status >= 500
}

/**
 * The upstream's error as our own clients are shown it. A 401 would have them ask for a password that is not ours to
 * check: it becomes `DENIED`.
 */
export function shown(error: unknown): RegistryError {
  if (!(error instanceof RegistryError))
    return new RegistryError('UNAVAILABLE', 'the registry that is cached here does not answer', {
      cause: error,
    })
  if (error.status !== 401) return error
  return new RegistryError(
    'DENIED',
    'the registry that is cached here refuses this: it does not exist there, or the cache needs other credentials',
    { cause: error },
  )
}

/** Throws an error as the caller is shown it; its own reason to leave stays that. */
export function thrown({ signal }: CallOptions): (error: unknown) => never {
  return (error) => {
    if (signal?.aborted) throw error
    throw shown(error)
  }
}

/** A store that refuses bytes blames whoever pushes them; here that is the upstream. */
export function blamed(error: unknown): unknown {
  const isWrong = error instanceof RegistryError && WRONG_BYTES.includes(error.code) && error.status < 500
  if (!isWrong) return error
  const { code, detail } = error
  return new RegistryError(
    code,
    'the registry that is cached here sent other bytes than those of this digest',
    {
      status: 502,
      cause: error,
      ...(detail === undefined ? {} : { detail }),
    },
  )
}

/** Whether what was fetched is not what it should be, so that nobody may get it. */
export function isWrongBytes(error: unknown): boolean {
  return error instanceof RegistryError && WRONG_BYTES.includes(error.code)
}

const WRONG_BYTES: readonly string[] = ['DIGEST_INVALID', 'SIZE_INVALID']

/** The value, or `null` if there is none. */
export async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}
