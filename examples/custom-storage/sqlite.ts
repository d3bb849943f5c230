import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { Call, Rec, Records, Storage } from 'ocikit/storage'
import { fs } from 'ocikit/storage/fs'

const MAX_KEY = 1024

/** Keys are stored as bytes, because that is how they are ordered. */
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS records (key BLOB PRIMARY KEY, value BLOB, version TEXT, modified INTEGER)
`

/** A storage with its records in SQLite, where one can ask questions of them, and its contents in files. */
export async function sqlite(folder: string): Promise<Storage> {
  const files = await fs(folder)
  const db = new DatabaseSync(`${folder}/records.sqlite`)
  db.exec(SCHEMA)
  return {
    records: sqliteRecords(db),
    contents: files.contents,
    traits: { consistency: 'strong', maxKey: MAX_KEY, remove: 'exact', skew: 0 },
    async close() {
      db.close()
      await files.close?.()
    },
  }
}

function sqliteRecords(db: DatabaseSync): Records {
  const get = db.prepare('SELECT * FROM records WHERE key = ?')
  const insert = db.prepare('INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?)')
  const upsert = db.prepare('INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)')
  const update = db.prepare(
    'UPDATE records SET value = ?, version = ?, modified = ? WHERE key = ? AND version = ?',
  )
  const remove = db.prepare('DELETE FROM records WHERE key = ? AND version = ?')
  const drop = db.prepare('DELETE FROM records WHERE key = ?')
  const first = db.prepare('SELECT * FROM records WHERE key >= ? ORDER BY key LIMIT 1')
  const next = db.prepare('SELECT * FROM records WHERE key > ? ORDER BY key LIMIT 1')

  return {
    async get(key, options) {
      const row = get.get(idOf(key, options)) as Row | undefined
      return row ? recOf(row) : null
    },
    async create(key, value, options) {
      const version = crypto.randomUUID()
      return insert.run(idOf(key, options), value, version, Date.now()).changes ? version : null
    },
    async put(key, value, options) {
      const [id, version] = [idOf(key, options), crypto.randomUUID()]
      if (options?.version === undefined) upsert.run(id, value, version, Date.now())
      else if (!update.run(value, version, Date.now(), id, options.version).changes) return null
      return version
    },
    async remove(key, version, options) {
      return remove.run(idOf(key, options), version).changes > 0
    },
    async drop(keys, options) {
      for (const id of keys.map((key) => idOf(key, options))) drop.run(id)
    },
    async *list(prefix, { after, limit = Number.POSITIVE_INFINITY, values = false, signal } = {}) {
      const start = bytesOf(prefix)
      const isBehind = after !== undefined && Buffer.compare(bytesOf(after), start) >= 0
      let last = isBehind ? bytesOf(after) : start
      let statement = isBehind ? next : first
      for (let count = 0; count < limit; count++) {
        signal?.throwIfAborted()
        const row = statement.get(last) as Row | undefined
        if (!row || !start.equals(row.key.subarray(0, start.length))) return
        last = Buffer.from(row.key)
        statement = next
        yield values ? { key: last.toString(), rec: recOf(row) } : { key: last.toString() }
        if (count % 100 === 99) await setImmediate() // a long listing must not keep all others waiting
      }
    },
  }
}

type Row = Rec & { readonly key: Uint8Array }

function recOf({ value, version, modified }: Row): Rec {
  return { value, version, modified }
}

/** A key as it is stored, unless the call is over before it began. */
function idOf(key: string, options?: Call): Buffer {
  options?.signal?.throwIfAborted()
  const id = bytesOf(key)
  if (id.length === 0 || id.length > MAX_KEY) throw new RangeError(`a key has 1 to ${MAX_KEY} bytes`)
  return id
}

function bytesOf(text: string): Buffer {
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('a key must be well-formed Unicode')
  return Buffer.from(text)
}
