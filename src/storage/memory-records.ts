/**
 * Records in memory.
 * @module
 */

import type { Entry, Rec, Records } from './contract.ts'
import { checkKey, checkText, compareKeys } from './key.ts'

/** Records that last as long as the process. */
export function memoryRecords(now: () => number, maxKey: number): Records {
  const records = new Map<string, Rec>()
  const keys: string[] = []
  let writes = 0

  const store = (key: string, value: Uint8Array): string => {
    if (!records.has(key)) keys.splice(lowerBound(keys, key), 0, key)
    const version = `${++writes}`
    records.set(key, { value: value.slice(), version, modified: now() })
    return version
  }
  const erase = (key: string): void => {
    if (records.delete(key)) keys.splice(lowerBound(keys, key), 1)
  }
  const read = (key: string): Rec | null => {
    const rec = records.get(key)
    return rec === undefined ? null : { ...rec, value: rec.value.slice() }
  }
  const check = (key: string, signal?: AbortSignal): void => {
    signal?.throwIfAborted()
    checkKey(key, maxKey)
  }

  return {
    async get(key, options) {
      check(key, options?.signal)
      return read(key)
    },
    async create(key, value, options) {
      check(key, options?.signal)
      return records.has(key) ? null : store(key, value)
    },
    async put(key, value, options) {
      check(key, options?.signal)
      const wanted = options?.version
      if (wanted !== undefined && records.get(key)?.version !== wanted) return null
      return store(key, value)
    },
    async remove(key, version, options) {
      check(key, options?.signal)
      if (records.get(key)?.version !== version) return false
      erase(key)
      return true
    },
    async drop(list, options) {
      options?.signal?.throwIfAborted()
      for (const key of list) checkKey(key, maxKey)
      for (const key of list) erase(key)
    },
    async *list(prefix, options = {}) {
      const { after, limit = Number.POSITIVE_INFINITY, values = false, signal } = options
      checkText(prefix)
      let next = after === undefined || compareKeys(after, prefix) < 0 ? prefix : after
      let inclusive = next !== after
      let at = -1
      for (let count = 0; count < limit; count++) {
        signal?.throwIfAborted()
        // Keys may have come and gone since the last one was handed out.
        at = keys[at] === next ? at : lowerBound(keys, next)
        if (!inclusive && keys[at] === next) at++
        const key = keys[at]
        if (!key?.startsWith(prefix)) return
        const rec = values ? read(key) : null
        yield rec === null ? { key } : ({ key, rec } satisfies Entry)
        next = key
        inclusive = false
      }
    },
  }
}

/** The index of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(keys[middle]!, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
