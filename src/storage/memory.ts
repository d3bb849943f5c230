/**
 * The memory driver: for tests, for trying things out, and as the plainest example of a driver.
 * @module
 */

import type { PieceRules, Storage } from './contract.ts'
import { memoryContents } from './memory-contents.ts'
import { memoryRecords } from './memory-records.ts'

const MAX_KEY = 4096

/**
 * A storage that lasts as long as the process.
 *
 * @param options.now The storage's clock, in milliseconds since 1970. Default: `Date.now`.
 * @param options.pieces Asks for pieces, and refuses them, like another store does.
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
export function memory(options: { now?: () => number; pieces?: Partial<PieceRules> } = {}): Storage {
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
    contents: memoryContents(pieces),
    traits: { consistency: 'strong', maxKey: MAX_KEY, remove: 'exact', skew: 0 },
  }
}
