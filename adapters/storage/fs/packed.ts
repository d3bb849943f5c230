/**
 * The names of very many files, in order, in a tenth of the memory that strings take.
 * @module
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { compareKeys } from '../../../src/storage/key.ts'

/** Names between two turns of others. */
const TURN = 16_384

/** Names of ASCII alone, one behind the other. */
export interface Packed {
  readonly bytes: Buffer
  /** Where each name ends. */
  readonly ends: Uint32Array
}

/** Whether a name can be packed. */
export function isPackable(name: string): boolean {
  return !/[\u0080-\uffff]/.test(name)
}

/** Packs names, which are packable and in order. Others have their turn meanwhile. */
export async function pack(names: readonly string[]): Promise<Packed> {
  const bytes = Buffer.allocUnsafeSlow(names.reduce((sum, name) => sum + name.length, 0))
  const ends = new Uint32Array(names.length)
  let at = 0
  for (const [i, name] of names.entries()) {
    at += bytes.write(name, at, 'latin1')
    ends[i] = at
    if (i % TURN === TURN - 1) await nextTurn()
  }
  return { bytes, ends }
}

/** The name at a place. */
export function nameAt({ bytes, ends }: Packed, i: number): string {
  return bytes.toString('latin1', startOf(ends, i), ends[i])
}

/** Bytes that it takes. */
export function sizeOf({ bytes, ends }: Packed): number {
  return bytes.length + ends.byteLength
}

/** The same names, but each of those given is there or not, as is said of it. Copies the rest as it is. */
export function patch(packed: Packed, isThere: ReadonlyMap<string, boolean>): Packed {
  const cuts = [...isThere]
    .sort(([a], [b]) => compareKeys(a, b))
    .map(([name, there]) => ({ name, there, at: placeOf(packed, name) }))
  const parts: Buffer[] = []
  const ends = new Uint32Array(packed.ends.length + cuts.length)
  let [from, count, size] = [0, 0, 0]
  const copyTo = (to: number): void => {
    const start = startOf(packed.ends, from)
    const part = packed.bytes.subarray(start, startOf(packed.ends, to))
    parts.push(part)
    const shift = size - start
    for (let i = from; i < to; i++) ends[count++] = packed.ends[i]! + shift
    size += part.length
    from = to
  }
  for (const { name, there, at } of cuts) {
    copyTo(at)
    // What was there is left out, and what is there put in again.
    if (at < packed.ends.length && nameAt(packed, at) === name) from++
    if (!there) continue
    parts.push(Buffer.from(name, 'latin1'))
    size += name.length
    ends[count++] = size
  }
  copyTo(packed.ends.length)
  return { bytes: Buffer.concat(parts, size), ends: ends.slice(0, count) }
}

/** Where a name is, or would be. */
function placeOf(packed: Packed, name: string): number {
  let [low, high] = [0, packed.ends.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(nameAt(packed, middle), name) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function startOf(ends: Uint32Array, i: number): number {
  return i === 0 ? 0 : ends[i - 1]!
}
