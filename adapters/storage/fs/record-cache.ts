import type { Rec } from '../../../src/storage/contract.ts'
import { ReadCache } from './read-cache.ts'

/** Bytes of values that are kept. */
const MAX_BYTES = 16 * 1024 * 1024
/** A larger value is read again: it would push out many small ones. */
const MAX_VALUE = 64 * 1024
/** What an entry costs beside its value. */
const OVERHEAD = 512

/** Records that were read lately. */
export interface RecordCache {
  /** The record of a file, by `read` if it is not kept. The value is the caller's own. */
  get(file: string, read: (file: string) => Promise<Rec | null>): Promise<Rec | null>
  /** To be called after each change of a file, before the change is acknowledged. */
  forget(file: string): void
}

/** Makes an empty one. */
export function recordCache(): RecordCache {
  const cache = new ReadCache<Rec | null>({
    max: MAX_BYTES,
    costOf: (rec) => (rec === null || rec.value.length > MAX_VALUE ? null : rec.value.length + OVERHEAD),
  })
  return {
    async get(file, read) {
      const rec = await cache.get(file, read)
      return rec && copyOf(rec)
    },
    forget: (file) => cache.forget(file),
  }
}

function copyOf(rec: Rec): Rec {
  return {
    value: rec.value.slice(),
    modified: rec.modified,
    get version() {
      return rec.version
    },
  }
}
