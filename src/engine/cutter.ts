/**
 * Cuts bytes as a storage wants its pieces. What has a known length passes through; only what has none is
 * collected, one piece at a time, within the memory that all uploads share.
 * @module
 */

import type { Body } from '../registry.ts'
import type { Budget, Claim } from './budget.ts'
import type { ByteSource } from './byte-source.ts'
import { collectedSize, knownSizes, leastSize, type Sizing, tooLong } from './piece-sizes.ts'

/** What is to be done with the next bytes. */
export interface Cut {
  /** The next piece; a rest that is too short for one; or all bytes of a blob, in one shot. */
  readonly what: 'piece' | 'tail' | 'whole'
  readonly size: number
  /** To be read before the next cut is asked for: its memory is used again. */
  readonly body: Body
}

/** What is to be cut. */
export interface Cutting extends Sizing {
  /** All bytes, when their number is known. */
  readonly total: number | undefined
  /** Nothing can follow, so that nothing is left over. */
  readonly last: boolean
  /** There is no piece yet: bytes that nothing can follow may go in one shot. */
  readonly fresh: boolean
}

/** A body of up to this part of a piece waits for nobody's memory. */
const SMALL = 1 / 128

/**
 * Cuts what a source gives. Leaving the loop lets go of the source.
 * @throws RegistryError `SIZE_INVALID` with 413 where the storage can take no more pieces.
 */
export async function* cut(
  source: ByteSource,
  cutting: Cutting,
  budget: Budget,
  signal: AbortSignal | undefined,
): AsyncGenerator<Cut, void, void> {
  try {
    if (cutting.total === undefined) yield* cutCollected(source, cutting, budget, signal)
    else yield* cutKnown(source, cutting, cutting.total)
  } finally {
    await source.cancel().catch(() => {})
  }
}

async function* cutKnown(source: ByteSource, cutting: Cutting, total: number): AsyncGenerator<Cut> {
  const { rules, last, fresh } = cutting
  if (last && fresh && total <= rules.max)
    return yield { what: 'whole', size: total, body: source.stream(total, true) }
  // A body that goes on after nothing fails here.
  if (total === 0) await source.more()
  let rest = total
  for (const size of knownSizes(cutting, total, last)) {
    rest -= size
    yield { what: 'piece', size, body: source.stream(size, rest === 0) }
  }
  if (rest > 0) yield { what: 'tail', size: rest, body: source.stream(rest, true) }
}

async function* cutCollected(
  source: ByteSource,
  cutting: Cutting,
  budget: Budget,
  signal: AbortSignal | undefined,
): AsyncGenerator<Cut> {
  const { rules, count } = cutting
  let no = count + 1
  let buffer = new Uint8Array(Math.floor(collectedSize(cutting, no) * SMALL))
  let filled = await source.fill(buffer)
  let claim: Claim | undefined
  try {
    while (filled === buffer.length && (await source.more())) {
      // The buffer is full: it was the small one, or it is a piece and others follow.
      if (buffer.length === collectedSize(cutting, no)) {
        if (no >= rules.count) throw noMorePieces(cutting)
        yield { what: 'piece', size: filled, body: buffer }
        no++
        filled = 0
      }
      const size = collectedSize(cutting, no)
      if (budget.awaited || buffer.length !== size) {
        const small = buffer.slice(0, filled)
        buffer = small
        claim?.release()
        claim = undefined
        claim = await budget.claim(size, signal)
        buffer = new Uint8Array(size)
        buffer.set(small)
      }
      filled = await source.fill(buffer, filled, claim?.beat)
    }
    const body = buffer.subarray(0, filled)
    if (cutting.last && cutting.fresh && no === count + 1) return yield { what: 'whole', size: filled, body }
    if (filled === 0) return
    if (no > rules.count) throw noMorePieces(cutting)
    const stands = cutting.last || filled >= leastSize(cutting, no)
    yield { what: stands ? 'piece' : 'tail', size: filled, body }
  } finally {
    claim?.release()
  }
}

function noMorePieces(cutting: Cutting): Error {
  const { count } = cutting.rules
  return tooLong(
    `an upload of unknown length has at most ${count} pieces in this storage, the last of ` +
      `${collectedSize(cutting, count)} bytes: push it in one request that says its Content-Length`,
  )
}
