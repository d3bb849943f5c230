/**
 * What can go wrong on a disk, in the words of the contract.
 * @module
 */

import { RegistryError } from '../../../src/oci/index.ts'

/** A folder that cannot be opened as a storage. Its message is one line that tells what to do. */
export class StorageOpenError extends Error {
  /** `StorageOpenError`, also where a bundler renames the class. */
  override readonly name: string = 'StorageOpenError'
}

/** The code of a system error, such as `ENOENT`; undefined for any other value. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether `error` is a system error with one of these codes. */
export function isCode(error: unknown, ...codes: string[]): boolean {
  const code = codeOf(error)
  return code !== undefined && codes.includes(code)
}

/** For `catch`: lets system errors with one of these codes pass, throws all others. */
export function ignore(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!isCode(error, ...codes)) throw error
  }
}

/** Runs work that writes: a full disk becomes an error that clients understand. */
export async function writing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isCode(error, 'ENOSPC', 'EDQUOT')) throw error
    const reason = isCode(error, 'EDQUOT') ? 'the quota is used up' : 'no space is left'
    throw new RegistryError('STORAGE_FULL', `the disk is full: ${reason}`, { status: 507, cause: error })
  }
}
