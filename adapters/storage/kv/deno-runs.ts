/**
 * Bytes in Deno KV: a run is a row of values, all of one length but the last.
 * @module
 */

import type { PieceRules } from '../../../src/storage/contract.ts'
import { intake } from '../../../src/storage/intake.ts'
import type { DenoKv, DenoKvKeyPart } from './deno-types.ts'
import type { Run, Runs } from './face.ts'

/** Values of one commit: 800 KiB is its limit (https://docs.deno.com/deploy/kv/). */
const COMMIT = 12
/** Keys that are removed in one commit: 80 KiB is the limit for all of its keys. */
const REMOVED = 64
/** Keys that are read at once. */
const READ = 10

/** A piece may have any length, within reason: the sizes of all have to fit into a record. */
const PIECES: PieceRules = { min: 1, max: 1024 ** 4, count: 10_000, equal: false, sized: false }

/** Runs below `prefix`, in values of `size` bytes. */
export function denoRuns(kv: DenoKv, prefix: readonly DenoKvKeyPart[], size: number): Runs {
  const keyOf = (place: string, receipt: string, no: number): DenoKvKeyPart[] => [
    ...prefix,
    place,
    receipt,
    no,
  ]
  const keysOf = (place: string, { receipt, size: length }: Run): DenoKvKeyPart[][] =>
    Array.from({ length: Math.ceil(length / size) }, (_, no) => keyOf(place, receipt, no))
  const erase = async (keys: readonly (readonly DenoKvKeyPart[])[]): Promise<void> => {
    for (let at = 0; at < keys.length; at += REMOVED) {
      const atomic = kv.atomic()
      for (const key of keys.slice(at, at + REMOVED)) atomic.delete(key)
      await atomic.commit()
    }
  }

  return {
    pieces: PIECES,
    max: PIECES.max,
    async write(place, receipt, body, announced, signal) {
      let length = 0
      let no = 0
      // One commit is on its way while the next fills.
      let committed: Promise<unknown> = Promise.resolve()
      try {
        for await (const values of rows(intake(body, { size: announced, signal }), size)) {
          const atomic = kv.atomic()
          for (const value of values) {
            atomic.set(keyOf(place, receipt, no++), value)
            length += value.length
          }
          await committed
          committed = atomic.commit()
          committed.catch(() => {})
        }
        await committed
        return length
      } catch (error) {
        await committed.catch(() => {})
        await erase(keysOf(place, { receipt, size: no * size })).catch(() => {})
        throw error
      }
    },
    async *read(place, { receipt }, start, end, signal) {
      const fetch = (from: number): Promise<Uint8Array[]> | undefined => {
        const count = Math.min(READ, Math.ceil(end / size) - from)
        if (count <= 0) return undefined
        const keys = Array.from({ length: count }, (_, i) => keyOf(place, receipt, from + i))
        const values = kv.getMany(keys).then((entries) => entries.map(bytesIn))
        // Awaited by the next step, which may never come.
        values.catch(() => {})
        return values
      }
      let first = Math.floor(start / size)
      for (let next = fetch(first); next; ) {
        const values = await next
        signal?.throwIfAborted()
        next = fetch(first + READ)
        for (const [i, value] of values.entries()) {
          const at = (first + i) * size
          yield value.subarray(Math.max(0, start - at), Math.min(value.length, end - at))
        }
        first += READ
      }
    },
    async remove(place, runs) {
      for (const run of runs) await erase(keysOf(place, run))
    },
    async clear(place) {
      const range = { start: [...prefix, place], end: [...prefix, `${place}\0`] }
      let keys: (readonly DenoKvKeyPart[])[] = []
      for await (const { key } of kv.list(range, { batchSize: READ })) {
        keys.push(key)
        if (keys.length < REMOVED) continue
        await erase(keys)
        keys = []
      }
      await erase(keys)
    },
  }
}

function bytesIn({ value }: { readonly value: unknown }): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new Error('bytes of this content are missing')
}

/** The bytes of a body in values of one length, as many together as one commit takes. */
async function* rows(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array[], void, void> {
  let values: Uint8Array[] = []
  let value = new Uint8Array(size)
  let filled = 0
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + size - filled)
      value.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < size) continue
      values.push(value)
      value = new Uint8Array(size)
      filled = 0
      if (values.length < COMMIT) continue
      yield values
      values = []
    }
  }
  if (filled > 0) values.push(value.slice(0, filled))
  if (values.length > 0) yield values
}
