/**
 * What went wrong in some of several registries.
 * @module
 */

import { RegistryError } from '../oci/index.ts'

/** A registry that failed, by its position. */
export interface Failure {
  readonly registry: number
  readonly error: unknown
}

/** Whether an error says that something is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof RegistryError && error.status === 404
}

/** Throws one error for several: that of the first that is more than something missing. */
export function throwFirst(failures: readonly Failure[]): never {
  throw (failures.find(({ error }) => !isMissing(error)) ?? failures[0]!).error
}

/**
 * The error of a change that some registries have made and others not: with the code and the status of the first
 * failure, and a detail that names each.
 */
export function partial(done: readonly number[], failures: readonly Failure[]): RegistryError {
  const [{ error }] = failures as [Failure]
  const first = error instanceof RegistryError ? error : null
  const message = `done in ${done.length} of ${done.length + failures.length} registries: ${first?.message ?? 'one failed'}`
  return new RegistryError(first?.code ?? 'UNAVAILABLE', message, {
    ...(first ? { status: first.status } : {}),
    ...(first?.headers ? { headers: first.headers } : {}),
    detail: {
      done,
      failed: failures.map(({ registry, error: each }) => ({
        registry,
        code: each instanceof RegistryError ? each.code : 'UNKNOWN',
      })),
    },
    cause: error,
  })
}
