/**
 * How long the pieces of an upload are: as short as memory wants them and as long as the storage does.
 * @module
 */

import { RegistryError } from '../oci/index.ts'
import type { PieceRules } from '../storage/index.ts'

const MIB = 1024 * 1024
/** Longest piece that is collected in memory, unless the storage wants longer ones. */
const COLLECTED = 8 * MIB
/** That many pieces fit into the memory that uploads share. */
const SHARES = 6
/** A piece whose length is known passes through, so it may be longer by this factor. */
const PASSING = 4
/** A tenth of all possible pieces have one size; the next tenth is twice as long. */
const STEPS = 10

/** What decides on the sizes of an upload's next pieces. */
export interface Sizing {
  readonly rules: PieceRules
  /** Memory that all uploads share, in bytes. */
  readonly memory: number
  /** The number of the last piece so far. */
  readonly count: number
  /** The size that all pieces must have, once that is settled. */
  readonly pieceSize?: number | undefined
}

/** Whether a body of any length, known or not, is a piece: then nothing is cut. */
export function takesAny({ min, max, equal, sized }: PieceRules): boolean {
  return min <= 1 && max === Number.POSITIVE_INFINITY && !equal && !sized
}

/** The size of piece `no` of a body whose length nobody knows. */
export function collectedSize(sizing: Sizing, no: number): number {
  const { rules, memory, pieceSize } = sizing
  if (rules.equal && pieceSize !== undefined) return pieceSize
  const base = Math.max(rules.min, Math.min(COLLECTED, Math.floor(memory / SHARES)))
  return Math.min(rules.max, base * growth(rules, no))
}

/** Fewer bytes than this do not become piece `no`, unless nothing can follow. */
export function leastSize(sizing: Sizing, no: number): number {
  const { rules } = sizing
  if (rules.equal) return collectedSize(sizing, no)
  return Math.min(rules.max, rules.min * growth(rules, no))
}

/**
 * Cuts a known number of bytes into pieces.
 * @param last Nothing can follow, so that the last piece may have any size.
 * @returns the sizes of the pieces. They may leave a rest, unless `last`.
 * @throws {@link RegistryError} `SIZE_INVALID` with 413 if that needs more pieces than the storage has.
 */
export function knownSizes(sizing: Sizing, total: number, last: boolean): number[] {
  const free = sizing.rules.count - sizing.count
  const sizes = sizing.rules.equal
    ? equalSizes(sizing, total, last, free)
    : growingSizes(sizing, total, last, free)
  const rest = total - sizes.reduce((sum, size) => sum + size, 0)
  // A rest becomes a piece one day.
  if (sizes.length + (rest > 0 ? 1 : 0) <= free) return sizes
  throw tooLong(
    `this storage has no pieces left for ${total} bytes of this upload: start a new one, and push it in one ` +
      'request that says its Content-Length',
  )
}

function equalSizes(sizing: Sizing, total: number, last: boolean, free: number): number[] {
  const { rules, count, pieceSize } = sizing
  const needed = neededSize(total, last, free)
  const size = pieceSize ?? Math.min(rules.max, Math.max(collectedSize(sizing, count + 1), needed))
  // One too many is enough to be refused.
  const full = Math.min(Math.floor(total / size), free + 1)
  const rest = total - full * size
  return [...new Array<number>(full).fill(size), ...(last && rest > 0 ? [rest] : [])]
}

function growingSizes(sizing: Sizing, total: number, last: boolean, free: number): number[] {
  const { rules, count } = sizing
  const needed = neededSize(total, last, free)
  const sizes: number[] = []
  for (let left = total; left > 0 && sizes.length <= free; ) {
    const no = count + sizes.length + 1
    let size = Math.min(left, rules.max, Math.max(needed, PASSING * collectedSize(sizing, no)))
    // What would be too short to stand alone comes along.
    if (left <= rules.max && left - size < leastSize(sizing, no + 1)) size = left
    if (size < leastSize(sizing, no) && !last) break
    sizes.push(size)
    left -= size
  }
  return sizes
}

/** Half of the pieces stay for what may follow. */
function neededSize(total: number, last: boolean, free: number): number {
  return Math.ceil(total / Math.max(1, last ? free : Math.ceil(free / 2)))
}

function growth({ equal, count }: PieceRules, no: number): number {
  return equal ? 1 : 2 ** Math.floor((no - 1) / Math.ceil(count / STEPS))
}

/** More than the pieces of the storage can hold. */
export function tooLong(message: string): RegistryError {
  return new RegistryError('SIZE_INVALID', message, { status: 413 })
}
