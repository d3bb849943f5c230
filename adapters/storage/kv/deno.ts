/**
 * Deno KV as a storage.
 * @module
 */

import type { Storage } from '../../../src/storage/index.ts'
import { compareKeys } from '../../../src/storage/key.ts'
import { keyValueContents } from './contents.ts'
import { patient } from './deno-busy.ts'
import { denoRuns } from './deno-runs.ts'
import type { DenoKv, DenoKvEntry, DenoKvKeyPart } from './deno-types.ts'
import type { KeyValue } from './face.ts'
import { keyValueRecords } from './records.ts'

/** How a database is used. */
export interface DenoKvOptions {
  /** What every key begins with, so that others may use the database, too: `['registry']` (nothing). */
  prefix?: readonly string[]
}

/**
 * Longest key in bytes. A key of Deno has at most 2 KiB (https://docs.deno.com/deploy/kv/), in which a NUL takes two
 * bytes, and behind ours stand the names of pieces.
 */
const MAX_KEY = 900
/** A value of Deno has at most 64 KiB, with what says how it is made. */
const MAX_VALUE = 63 * 1024
/** Entries that are fetched at a time: each comes with its value. */
const LISTED = 100
/** How far the clocks of those who write may be apart, in milliseconds: Deno Deploy gives no number. */
const SKEW = 10_000

/**
 * A storage in Deno KV, which any number of processes may use at once: what is written shows everywhere at once, and
 * every condition is one of Deno's versionstamps. A blob lies in values of 63 KiB.
 *
 * @param database Stays the caller's: to be closed once nothing uses the storage any more.
 *
 * @example
 * ```ts
 * import { ocikit, open } from 'ocikit'
 * import { type DenoKv, denoKv } from 'ocikit/storage/kv'
 *
 * declare const Deno: { openKv(path?: string): Promise<DenoKv> } // Deno itself has better types
 *
 * export const openKit = async () => ocikit({ storage: denoKv(await Deno.openKv('./data.sqlite')), auth: open() })
 * ```
 */
export function denoKv(database: DenoKv, options: DenoKvOptions = {}): Storage {
  const { prefix = [] } = options
  const kv = patient(database)
  if (new TextEncoder().encode(prefix.join('')).length > 64)
    throw new TypeError('prefix must have at most 64 bytes')
  const parts = keyValue(kv, [...prefix, 'parts'])
  const records = (space: string) =>
    // Behind a place stands the number of a piece.
    keyValueRecords(keyValue(kv, [...prefix, space]), parts, MAX_KEY + 16)
  return {
    records: keyValueRecords(keyValue(kv, [...prefix, 'records']), parts, MAX_KEY),
    contents: keyValueContents({
      heads: records('contents'),
      pieces: records('pieces'),
      runs: denoRuns(kv, [...prefix, 'bytes'], MAX_VALUE),
      maxKey: MAX_KEY,
    }),
    traits: { consistency: 'strong', maxKey: MAX_KEY, remove: 'exact', skew: SKEW },
  }
}

interface Stored {
  readonly value: Uint8Array
  readonly modified: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Keys below `prefix`. They are bytes, because that is how they are ordered. */
function keyValue(kv: DenoKv, prefix: readonly DenoKvKeyPart[]): KeyValue {
  const keyOf = (key: string): DenoKvKeyPart[] => [...prefix, encoder.encode(key)]
  const commit = async (
    key: string,
    only: string | null | undefined,
    change: (at: DenoKvKeyPart[], atomic: ReturnType<DenoKv['atomic']>) => void,
  ): Promise<string | null> => {
    const at = keyOf(key)
    const atomic = kv.atomic()
    if (only !== undefined) atomic.check({ key: at, versionstamp: only })
    change(at, atomic)
    const done = await atomic.commit()
    return done.ok ? done.versionstamp : null
  }
  return {
    maxValue: MAX_VALUE,
    async get(key) {
      return recOf(await kv.get(keyOf(key)))
    },
    set: (key, value, only) =>
      // A copy: of a view Deno would store all that it is a view of.
      commit(key, only, (at, atomic) =>
        atomic.set(at, { value: value.slice(), modified: Date.now() } satisfies Stored),
      ),
    async delete(key, version) {
      return (await commit(key, version, (at, atomic) => atomic.delete(at))) !== null
    },
    async *list(start, after, limit) {
      if (after !== undefined && !after.startsWith(start) && compareKeys(after, start) > 0) return
      const isWithin = after !== undefined && compareKeys(after, start) >= 0
      const first = isWithin ? behind(encoder.encode(after)) : encoder.encode(start)
      const range = { start: [...prefix, first], end: [...prefix, endOf(encoder.encode(start))] }
      const bounds = { batchSize: Math.min(LISTED, limit), ...(Number.isFinite(limit) && { limit }) }
      for await (const entry of kv.list(range, bounds)) {
        const key = decoder.decode(entry.key.at(-1) as Uint8Array)
        yield { key, rec: recOf(entry)! }
      }
    },
  }
}

function recOf({ value, versionstamp }: DenoKvEntry): (Stored & { version: string }) | null {
  return versionstamp === null ? null : { ...(value as Stored), version: versionstamp }
}

/** The first key after this one. */
function behind(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

/** What comes after every key that begins with these bytes: no byte of UTF-8 is as high as 0xff. */
function endOf(prefix: Uint8Array): Uint8Array {
  const end = behind(prefix)
  end[prefix.length] = 0xff
  return end
}
