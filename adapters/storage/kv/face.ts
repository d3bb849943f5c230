/**
 * What the driver asks of a key-value store: all that differs from one to the next.
 * @module
 */

import type { Body } from '../../../src/registry.ts'
import type { Piece, PieceRules, Rec } from '../../../src/storage/contract.ts'

/** Keys with small values, kept apart from those of other spaces. */
export interface KeyValue {
  /** Longest value in bytes. */
  readonly maxValue: number
  /** The value; `null` if the key is absent. */
  get(key: string): Promise<Rec | null>
  /**
   * Writes, and returns the new version; `null` if the condition does not hold.
   * @param only The version that must be there, or `null` if the key must be absent. Without it, anything may be.
   */
  set(key: string, value: Uint8Array, only?: string | null): Promise<string | null>
  /** Removes; with a version, only that, else false. Absent is fine without one. */
  delete(key: string, version?: string): Promise<boolean>
  /**
   * Keys that begin with `prefix`, strictly after `after`, bytewise.
   * @param limit A hint: nobody asks for more.
   */
  list(
    prefix: string,
    after: string | undefined,
    limit: number,
  ): AsyncIterable<{
    readonly key: string
    /** If the store gave it along. */
    readonly rec?: Rec
  }>
}

/** A run of bytes at a place: its receipt is unique there, and it is written once. */
export type Run = Pick<Piece, 'receipt' | 'size'>

/** Bytes, in runs. */
export interface Runs {
  /** How pieces must be cut: each becomes a run. */
  readonly pieces: PieceRules
  /** Longest run in bytes. */
  readonly max: number
  /**
   * Stores a run; resolves to its size when it is durable. What failed leaves nothing.
   * @param size Bytes of the body, when known.
   * @throws {@link RegistryError} `SIZE_INVALID` if they are others.
   */
  write(
    place: string,
    receipt: string,
    body: Body,
    size: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<number>
  /** The bytes from `start` to `end` of a run. Fails where some are missing, and never ends short. */
  read(
    place: string,
    run: Run,
    start: number,
    end: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, void>
  /** Removes runs. Absent ones are fine. */
  remove(place: string, runs: readonly Run[]): Promise<void>
  /** Removes every run at a place, also what a failed writer left. */
  clear(place: string): Promise<void>
}
