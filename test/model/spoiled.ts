/**
 * Storages that break a rule which the collector, or whoever it must not harm, stands on: as if the engine did.
 * @module
 */

import type { Records, Storage } from '../../src/storage/index.ts'
import type { Spoil } from './world.ts'

const DAY = 24 * 3_600_000

function records(change: (inner: Records) => Partial<Records>): Spoil {
  return (storage): Storage => ({ ...storage, records: { ...storage.records, ...change(storage.records) } })
}

/** Whoever uses an old link does not write it again. */
export const untouched: Spoil = records(({ put }) => ({
  put: async (key, value, options) =>
    key.startsWith('blobs/') && options?.version !== undefined ? options.version : put(key, value, options),
}))

/** Links are removed whether or not they have changed. */
export const unconditional: Spoil = records(({ get, remove }) => ({
  async remove(key, version) {
    const now = key.startsWith('blobs/') ? (await get(key))?.version : version
    return remove(key, now ?? version)
  },
}))

/** Ages are measured against a time that is later than the beginning of the pass. */
export const lateStart: Spoil = records(({ get }) => ({
  async get(key) {
    const rec = await get(key)
    return rec && key === 'gc/lease' ? { ...rec, modified: rec.modified + DAY } : rec
  },
}))

/** Listings of manifests show none. */
export const blind: Spoil = records(({ list }) => ({
  list: (prefix, options) => list(prefix.endsWith('_manifests/') ? 'nothing/' : prefix, options),
}))

/** Bytes go as soon as one listing shows no link: the second follows at once. */
export const impatient: Spoil = records(({ create, list }) => ({
  create: (key, value, options) =>
    create(key.replace(/^gc\/unlinked\/\d+/, 'gc/unlinked/2000010100'), value, options),
  async *list(prefix, options) {
    for await (const entry of list(prefix, options)) {
      const { key, rec } = entry
      yield rec && key.startsWith('gc/unlinked/') ? { key, rec: { ...rec, modified: 0 } } : entry
    }
  },
}))

/** Notes of a kind are lost. */
export function forgetful(kind: 'refs' | 'content' | 'unlinked'): Spoil {
  return records(({ create }) => ({
    create: async (key, value, options) =>
      key.startsWith(`gc/${kind}/`) ? 'never written' : create(key, value, options),
  }))
}

/** Whoever relies on an old manifest does not write it again. */
export const untouchedManifest: Spoil = records(({ put }) => ({
  put: async (key, value, options) =>
    key.includes('/_manifests/') && options?.version !== undefined
      ? options.version
      : put(key, value, options),
}))

/** Manifests are removed whether or not they have changed. */
export const unconditionalManifest: Spoil = records(({ get, remove }) => ({
  async remove(key, version) {
    const now = key.includes('/_manifests/') ? (await get(key))?.version : version
    return remove(key, now ?? version)
  },
}))

/** The time by which retention judges is later than the beginning of its pass. */
export const lateRetention: Spoil = records(({ get }) => ({
  async get(key) {
    const rec = await get(key)
    return rec && key === 'gc/retention' ? { ...rec, modified: rec.modified + 2 * DAY } : rec
  },
}))

/** Listings of tags show none. */
export const tagless: Spoil = records(({ list }) => ({
  list: (prefix, options) => list(prefix.endsWith('_tags/') ? 'nothing/' : prefix, options),
}))
