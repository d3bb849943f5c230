/**
 * The memory driver: for tests, for trying things out, and as the plainest example of a driver.
 * @module
 */

import type { PieceRules, Storage } from './contract.ts'
import { memoryContents } from './memory-contents.ts'
import { byNumber, inRow } from './memory-pieces.ts'
import { memoryRecords } from './memory-records.ts'

const MAX_KEY = 4096

/**
 * A storage that lasts as long as the process.
 *
 * @param options.now The storage's clock, in milliseconds since 1970. Default: `Date.now`.
 * @param options.pieces Makes it like a store with multipart uploads: pieces have numbers, one of the same number
 *   replaces another, and what breaks these rules is refused when such a store would. Default: a piece is any run
 *   of bytes, in order.
 * @param options.verifies Algorithms of digests that one-shot writes verify. Default: none.
 * @param options.fork Whether what is being built can be copied. Default: true.
 *
 * @example
 * ```ts
 * import { memory } from 'ocikit/storage'
 *
 * const storage = memory()
 * await storage.records.create('greeting', new TextEncoder().encode('hello'))
 * console.log(await storage.records.create('greeting', new Uint8Array())) // null: it exists
 * ```
 */
export function memory(
  options: {
    now?: () => number
    pieces?: Partial<PieceRules>
    verifies?: readonly ('sha256' | 'sha512')[]
    fork?: boolean
  } = {},
): Storage {
  const pieces: PieceRules = {
    min: 1,
    max: Number.POSITIVE_INFINITY,
    count: Number.POSITIVE_INFINITY,
    equal: false,
    sized: false,
    ...options.pieces,
  }
  return {
    records: memoryRecords(options.now ?? Date.now, MAX_KEY),
    contents: memoryContents({
      pieces,
      assembly: options.pieces ? byNumber(pieces) : inRow,
      verifies: options.verifies ?? [],
      fork: options.fork ?? true,
    }),
    traits: { consistency: 'strong', maxKey: MAX_KEY, remove: 'exact', skew: 0 },
  }
}
