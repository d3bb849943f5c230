/**
 * What a disk says.
 * @module
 */

import { RegistryError } from '../../src/oci/index.ts'

/** Whether `error` is a system error with one of these codes. */
export function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** What a promise gives; `null` if the file or a folder on the way to it is not there. */
export async function orNone<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null
    throw error
  }
}

/** Does work that writes: a full disk becomes an error that clients understand. */
export async function writing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isCode(error, 'ENOSPC', 'EDQUOT')) throw error
    throw new RegistryError('STORAGE_FULL', 'the disk is full: no space is left', { cause: error })
  }
}

/** A file that is too large to be read whole. @param path In its layout, or what else it is in. */
export function tooLarge(path: string, limit: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `${path} has more than ${limit} bytes`, { status: 413 })
}
