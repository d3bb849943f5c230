import { expect } from 'vitest'
import { RegistryError } from '../../src/oci/index.ts'

/** The error that `work` throws, which must be one that clients are shown. */
export function faultOf(work: () => unknown): RegistryError {
  try {
    work()
  } catch (error) {
    if (error instanceof RegistryError) return error
    throw new Error(`not an error for clients: ${String(error)}`, { cause: error })
  }
  return expect.unreachable('nothing was thrown')
}
