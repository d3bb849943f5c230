/**
 * What the parts of a client share.
 * @module
 */

import { type Digest, RegistryError } from '../oci/index.ts'
import type { CallOptions } from '../registry.ts'
import type { Settings } from './options.ts'
import type { Ask, Send } from './send.ts'

/** What the parts of a client share. */
export interface Core {
  readonly settings: Settings
  readonly send: Send
  /** Sizes of blobs that were seen: a digest has one size for ever. */
  readonly sizes: Sizes
  /** Whether the registry lists referrers itself; null while that is not known. */
  hasReferrers: boolean | null
  /** The last of those that wait to change a list of referrers, by list. */
  readonly turns: Map<string, Promise<unknown>>
}

/** Does work when all earlier work of the same name has ended. */
export async function inTurn<T>({ turns }: Core, name: string, work: () => Promise<T>): Promise<T> {
  const before = turns.get(name) ?? Promise.resolve()
  const mine = before.then(work, work)
  turns.set(name, mine)
  try {
    return await mine
  } finally {
    if (turns.get(name) === mine) turns.delete(name)
  }
}

/** Sizes by digest. */
export interface Sizes {
  get(digest: Digest): number | undefined
  set(digest: Digest, size: number): void
}

/** About 10 MB of digests. */
const MAX_SIZES = 50_000

/** Remembers the sizes of blobs; forgets those that were seen first when there are too many. */
export function rememberSizes(): Sizes {
  const sizes = new Map<Digest, number>()
  return {
    get: (digest) => sizes.get(digest),
    set(digest, size) {
      if (sizes.size >= MAX_SIZES) sizes.delete(sizes.keys().next().value!)
      sizes.set(digest, size)
    },
  }
}

/** What of a call goes with each of its requests. */
export function callOf({ signal, context }: CallOptions = {}): Pick<Ask, 'signal' | 'context'> {
  return { signal, context }
}

/** Whether this is an error with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): error is RegistryError {
  return error instanceof RegistryError && codes.includes(error.code)
}
