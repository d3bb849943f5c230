/**
 * Records as values, those that are too long for one as several.
 *
 * The parts of a long one lie under names that are never used again, and its key says how many there are: parts
 * first, key last, so that readers see old or new. A writer that dies between the two leaves parts that nobody
 * names, at most as many as one record has.
 * @module
 */

import { concatBytes } from '@noble/hashes/utils.js'
import type { Entry, Rec, Records } from '../../../src/storage/contract.ts'
import { checkKey, checkText } from '../../../src/storage/key.ts'
import type { KeyValue } from './face.ts'

/** The longest record that there is. */
const LARGEST = 4 * 1024 * 1024 + 64 * 1024
/** The first byte of a value: the record follows, or its {@link Parts}. */
const WHOLE = 0
const IN_PARTS = 1
/** Values that a listing reads at once: a Worker has at most 6 connections open. */
const AT_ONCE = 6

interface Parts {
  readonly id: string
  readonly count: number
}

/** Records in one space of a store, with their parts in another. */
export function keyValueRecords(values: KeyValue, parts: KeyValue, maxKey: number): Records {
  const room = values.maxValue - 1
  const splits = room < LARGEST

  const check = (key: string, signal: AbortSignal | undefined): void => {
    signal?.throwIfAborted()
    checkKey(key, maxKey)
  }
  const dropParts = async (value: Uint8Array): Promise<void> => {
    for (const name of partNames(value)) await parts.delete(name)
  }
  const pack = async (value: Uint8Array): Promise<Uint8Array> => {
    if (value.length <= room) return framed(WHOLE, value)
    const head: Parts = { id: crypto.randomUUID(), count: Math.ceil(value.length / parts.maxValue) }
    const packed = framed(IN_PARTS, new TextEncoder().encode(JSON.stringify(head)))
    try {
      for (const [no, name] of partNames(packed).entries())
        await parts.set(name, value.subarray(no * parts.maxValue, (no + 1) * parts.maxValue))
    } catch (error) {
      await dropParts(packed).catch(() => {})
      throw error
    }
    return packed
  }
  /** `null` if it was rewritten meanwhile. */
  const unpack = async (rec: Rec): Promise<Rec | null> => {
    if (rec.value[0] === WHOLE) return { ...rec, value: rec.value.subarray(1) }
    const found = await Promise.all(partNames(rec.value).map((name) => parts.get(name)))
    if (found.includes(null)) return null
    return { ...rec, value: concatBytes(...found.map((part) => part!.value)) }
  }
  const read = async (key: string): Promise<Rec | null> => {
    for (let version: string | undefined; ; ) {
      const rec = await values.get(key)
      const whole = rec && (await unpack(rec))
      if (rec === null || whole) return whole
      if (rec.version === version) throw new Error(`the record ${key} has lost a part`)
      version = rec.version
    }
  }
  /** Replaces exactly what it has seen, so that the parts of that can go. */
  const replace = async (key: string, packed: Uint8Array, version?: string): Promise<string | null> => {
    for (;;) {
      const before = await values.get(key)
      if (version !== undefined && before?.version !== version) return null
      const written = await values.set(key, packed, before?.version ?? null)
      if (written === null) continue
      if (before) await dropParts(before.value)
      return written
    }
  }
  const write = async (
    value: Uint8Array,
    set: (packed: Uint8Array) => Promise<string | null>,
  ): Promise<string | null> => {
    const packed = await pack(value)
    // What fails may have been written all the same: then its parts are needed.
    const written = await set(packed)
    if (written === null) await dropParts(packed)
    return written
  }
  const erase = async (key: string, version?: string): Promise<boolean> => {
    const before = splits ? await values.get(key) : null
    const removed = await values.delete(key, version)
    if (before && removed) await dropParts(before.value)
    return removed
  }

  return {
    async get(key, options) {
      check(key, options?.signal)
      return read(key)
    },
    async create(key, value, options) {
      check(key, options?.signal)
      return write(value, (packed) => values.set(key, packed, null))
    },
    async put(key, value, options) {
      check(key, options?.signal)
      const version = options?.version
      return write(value, (packed) =>
        splits ? replace(key, packed, version) : values.set(key, packed, version),
      )
    },
    async remove(key, version, options) {
      check(key, options?.signal)
      return erase(key, version)
    },
    async drop(keys, options) {
      for (const key of keys) check(key, options?.signal)
      for (let at = 0; at < keys.length; at += AT_ONCE) {
        options?.signal?.throwIfAborted()
        await Promise.all(keys.slice(at, at + AT_ONCE).map((key) => erase(key)))
      }
    },
    async *list(prefix, { after, limit = Number.POSITIVE_INFINITY, values: wanted = false, signal } = {}) {
      checkText(prefix)
      signal?.throwIfAborted()
      let left = limit
      if (left <= 0) return
      for await (const entries of batches(values.list(prefix, after, limit), wanted ? AT_ONCE : 1)) {
        const found = wanted ? await Promise.all(entries.map(withValue)) : entries.map(({ key }) => ({ key }))
        for (const entry of found) {
          signal?.throwIfAborted()
          if (!entry) continue
          yield entry
          if (--left <= 0) return
        }
      }
    },
  }

  async function withValue({ key, rec }: Entry): Promise<Entry | null> {
    const whole = (rec && (await unpack(rec))) ?? (await read(key))
    return whole && { key, rec: whole }
  }
}

function framed(kind: number, bytes: Uint8Array): Uint8Array {
  const value = new Uint8Array(1 + bytes.length)
  value[0] = kind
  value.set(bytes, 1)
  return value
}

/** The names of the parts of a value; none if it is whole. */
function partNames(value: Uint8Array): string[] {
  if (value[0] === WHOLE) return []
  const { id, count } = JSON.parse(new TextDecoder().decode(value.subarray(1))) as Parts
  return Array.from({ length: count }, (_, no) => `${id}/${no}`)
}

async function* batches<T>(list: AsyncIterable<T>, size: number): AsyncGenerator<T[], void, void> {
  let batch: T[] = []
  for await (const each of list) {
    batch.push(each)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
