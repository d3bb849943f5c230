import { type ApiKey, createApiKey, type NewApiKey } from './api-keys.ts'
import { type AuthRecords, decodeRecord, encodeRecord } from './records.ts'

/** Keys that are kept in a storage. */
export interface KeyStore {
  /** Makes a key; what it is cannot be had again. @throws TypeError as {@link createApiKey}. */
  create(wanted: NewApiKey): Promise<{ key: string; record: ApiKey }>
  /** A key by its id: what {@link apiKeys} asks. */
  find(id: string): Promise<ApiKey | null>
  /** All keys, by id. */
  list(): AsyncIterable<ApiKey>
  /** Ends a key at once, on every replica. False if there was none. */
  revoke(id: string): Promise<boolean>
}

const PREFIX = 'auth/keys/'

/** Keys in the records of a storage, as in `apiKeys(keyStore(storage.records).find)`. */
export function keyStore(records: AuthRecords, now: () => number = Date.now): KeyStore {
  return {
    async create(wanted) {
      const made = await createApiKey(wanted, now)
      await records.put(PREFIX + made.record.id, encodeRecord(made.record))
      return made
    },
    async find(id) {
      const rec = /^[0-9a-f]{16}$/.test(id) ? await records.get(PREFIX + id) : null
      return rec && decodeRecord<ApiKey>(rec.value)
    },
    async *list() {
      for await (const { rec } of records.list(PREFIX, { values: true }))
        if (rec) yield decodeRecord<ApiKey>(rec.value)
    },
    async revoke(id) {
      const key = PREFIX + id
      const rec = /^[0-9a-f]{16}$/.test(id) ? await records.get(key) : null
      if (rec) await records.drop([key])
      return rec !== null
    },
  }
}
