/**
 * Records in the database of a Durable Object. All of it is synchronous, so that nothing comes between a condition
 * and what follows from it.
 * @module
 */

import { concatBytes } from '@noble/hashes/utils.js'
import type { Entry, Rec } from '../../src/storage/index.ts'
import type { DurableObjectState, SqlValue } from './types.ts'

/** A row has at most 2 MB (https://developers.cloudflare.com/durable-objects/platform/limits/). */
const ROW = 1024 * 1024
/** After so many bytes of values a page ends. */
const PAGE_BYTES = 2 * 1024 * 1024
/** Most entries of a page. */
const PAGE_ENTRIES = 1000
/** Above every key: no byte of UTF-8 is as high. */
const TOP = new Uint8Array([0xff]).buffer

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The calls of the records contract, without promises. */
export interface SqlRecords {
  get(key: string): Rec | null
  /** The new version; `null` unless the record is what it must be: absent, of a version, or anything. */
  write(key: string, value: Uint8Array, wanted: 'absent' | 'any' | { version: string }): string | null
  remove(key: string, version: string): boolean
  drop(keys: readonly string[]): void
  list(
    prefix: string,
    options: { after: string | null; limit: number; values: boolean },
  ): {
    entries: Entry[]
    more: boolean
  }
}

/** Opens the database. Keys are bytes there: text would be cut at a NUL. */
export function sqlRecords({ sql, transactionSync }: DurableObjectState['storage']): SqlRecords {
  const all = (query: string, ...bindings: SqlValue[]) => [...sql.exec(query, ...bindings)]
  all(`CREATE TABLE IF NOT EXISTS parts (
    key BLOB NOT NULL, no INTEGER NOT NULL, version TEXT NOT NULL, modified INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (key, no))`)

  const versionOf = (key: ArrayBuffer): string | undefined =>
    all('SELECT version FROM parts WHERE key = ? AND no = 0', key)[0]?.['version'] as string | undefined
  const erase = (key: ArrayBuffer): void => void all('DELETE FROM parts WHERE key = ?', key)
  const read = (key: ArrayBuffer): Rec | null => {
    const rows = all('SELECT version, modified, bytes FROM parts WHERE key = ? ORDER BY no', key)
    const [first] = rows
    if (!first) return null
    const value = concatBytes(...rows.map(({ bytes }) => new Uint8Array(bytes as ArrayBuffer)))
    return { value, version: first['version'] as string, modified: first['modified'] as number }
  }

  return {
    get: (key) => read(bytesOf(key)),
    write(key, value, wanted) {
      const name = bytesOf(key)
      const current = versionOf(name)
      if (wanted === 'absent' && current !== undefined) return null
      if (typeof wanted === 'object' && current !== wanted.version) return null
      const version = crypto.randomUUID()
      transactionSync(() => {
        erase(name)
        for (let no = 0; no === 0 || no * ROW < value.length; no++) {
          const part = value.slice(no * ROW, (no + 1) * ROW).buffer
          all('INSERT INTO parts VALUES (?, ?, ?, ?, ?)', name, no, version, Date.now(), part)
        }
      })
      return version
    },
    remove(key, version) {
      const name = bytesOf(key)
      if (versionOf(name) !== version) return false
      erase(name)
      return true
    },
    drop(keys) {
      transactionSync(() => {
        for (const key of keys) erase(bytesOf(key))
      })
    },
    list(prefix, { after, limit, values }) {
      const rows = sql.exec(
        'SELECT key FROM parts WHERE no = 0 AND key >= ? AND key > ? AND key < ? ORDER BY key LIMIT ?',
        bytesOf(prefix),
        // Below every key.
        bytesOf(after ?? ''),
        endOf(prefix),
        Math.min(limit, PAGE_ENTRIES),
      )
      const entries: Entry[] = []
      let bytes = 0
      for (const { key } of rows) {
        const rec = values ? read(key as ArrayBuffer) : null
        entries.push({ key: decoder.decode(key as ArrayBuffer), ...(rec ? { rec } : {}) })
        bytes += rec?.value.length ?? 0
        if (bytes >= PAGE_BYTES) return { entries, more: true }
      }
      return { entries, more: entries.length === PAGE_ENTRIES }
    },
  }
}

function bytesOf(text: string): ArrayBuffer {
  return encoder.encode(text).buffer
}

/** What comes after everything that begins with `prefix`. */
function endOf(prefix: string): ArrayBuffer {
  const bytes = encoder.encode(prefix)
  if (bytes.length === 0) return TOP
  bytes[bytes.length - 1]!++
  return bytes.buffer
}
