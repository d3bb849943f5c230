/**
 * How pieces become a content in memory: in a row like in a file, or by number like in an object store.
 * @module
 */

import { RegistryError } from '../oci/index.ts'
import type { Piece, PieceRules } from './contract.ts'
import { cut, type Part, total } from './memory-chunks.ts'

/** What happens to the pieces at one place. Everything returns the parts as they are afterwards. */
export interface Assembly {
  /** Nothing is being built at a place. */
  absent(place: string): Error
  /** Refuses a piece before its body is read. */
  check(at: { no: number; size?: number }): void
  add(parts: readonly Part[], offset: number, part: Part): readonly Part[]
  fork(parts: readonly Part[], size: number): readonly Part[]
  seal(parts: readonly Part[], list: readonly Piece[], size: number): readonly Part[]
}

/** A piece lies where it starts, like in a file; what an earlier attempt left there goes. */
export const inRow: Assembly = {
  absent: (place) => new Error(`no content is being built at ${place}`),
  check() {},
  add(parts, offset, part) {
    const below = cut(parts, offset)
    if (total(below) < offset) throw new RangeError(`piece ${part.no} leaves a hole`)
    return part.size === 0 ? below : [...below, part]
  },
  fork: first,
  seal(parts, list, size) {
    const kept = first(parts, size)
    const full = list.filter((piece) => piece.size > 0)
    const same = kept.every((part, i) => full[i]?.receipt === part.receipt && full[i].size === part.size)
    if (!same || kept.length !== full.length) throw new Error('the pieces are not those that are stored')
    return kept
  },
}

/**
 * A piece is found by its number, like in a multipart upload: one of the same number replaces it, and only
 * those that are listed, with the receipts that they have now, become the content. Their sizes are judged at
 * the end, except what is known before.
 */
export function byNumber(rules: PieceRules): Assembly {
  return {
    absent: (place) => new RegistryError('BLOB_UPLOAD_INVALID', `no content is being built at ${place}`),
    check(at) {
      if (rules.sized && at.size === undefined) throw new TypeError('the size of a piece must be known')
      if (at.size !== undefined && at.size > rules.max)
        throw new RangeError(`a piece has at most ${rules.max} bytes`)
      if (at.no < 1 || at.no > rules.count) throw new RangeError(`there are at most ${rules.count} pieces`)
    },
    add(parts, _offset, part) {
      if (part.size > rules.max) throw new RangeError(`a piece has at most ${rules.max} bytes`)
      return [...parts.filter(({ no }) => no !== part.no), part].sort((a, b) => a.no - b.no)
    },
    fork(parts, size) {
      const kept = first(parts, size)
      if (kept.some((part, i) => part !== parts[i])) throw new RangeError('a fork ends where a piece ends')
      return kept
    },
    seal(parts, list, size) {
      const kept = list.map((piece) => partOf(parts, piece))
      if (kept.some(({ no }, i) => i > 0 && no <= kept[i - 1]!.no))
        throw new RangeError('pieces are listed in ascending order')
      if (total(kept) !== size) throw tooShort(total(kept), size)
      checkSizes(kept.slice(0, -1), kept.at(-1), rules)
      return kept
    },
  }
}

/** @throws {@link RegistryError} `BLOB_UPLOAD_INVALID` if it was replaced, or never stored. */
function partOf(parts: readonly Part[], { no, size, receipt }: Piece): Part {
  const part = parts.find((one) => one.no === no)
  if (part?.receipt === receipt && part.size === size) return part
  throw new RegistryError('BLOB_UPLOAD_INVALID', 'the pieces are not those that are stored')
}

function checkSizes(early: readonly Part[], last: Part | undefined, rules: PieceRules): void {
  if (early.some((part) => part.size < rules.min))
    throw new RangeError(`a piece has at least ${rules.min} bytes`)
  const [one] = early
  if (!rules.equal || !one) return
  if (early.some((part) => part.size !== one.size) || last!.size > one.size)
    throw new RangeError('all pieces but the last have one size')
}

function first(parts: readonly Part[], size: number): readonly Part[] {
  const kept = cut(parts, size)
  if (total(kept) < size) throw tooShort(total(kept), size)
  return kept
}

/** Fewer bytes than were promised. */
export function tooShort(actual: number, size: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `the content has ${actual} bytes, not ${size}`)
}
