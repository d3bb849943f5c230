/**
 * What came out.
 * @module
 */

import type { Machine } from './machine.ts'

/** Everything that was measured. */
export interface Report {
  readonly machine: Machine
  readonly rounds: number
  readonly smoke: boolean
  readonly subjects: readonly { readonly name: string; readonly version: string }[]
  /** The subject that all others are compared with; absent: the first one is compared with the others. */
  readonly against?: string
  /** What could not be measured, and why. */
  readonly absent: readonly { readonly name: string; readonly reason: string }[]
  readonly rows: readonly RowReport[]
}

/** One line. */
export interface RowReport {
  readonly name: string
  readonly title: string
  readonly unit: string
  readonly better: 'more' | 'less'
  /** Figures of the same place were measured beside one another. */
  readonly paired?: true
  /** By the name of the subject. */
  readonly results: Readonly<Record<string, Result>>
  /** The disk's own rate in the same unit, where it matters: median of the rounds. */
  readonly disk?: number
  /** Why it was not measured. */
  readonly skipped?: string
}

/** A subject's part of a line. */
export interface Result {
  /** Median of the rounds; absent if there is none. */
  readonly figure?: number
  readonly figures: readonly number[]
  /** Most resident memory of the server, in MiB: median of the rounds. */
  readonly peak?: number
  /** Why a round failed. */
  readonly errors: readonly string[]
}

/** The middle one, or the mean of the two in the middle; absent if there is none. */
export function median(figures: readonly number[]): number | undefined {
  if (figures.length === 0) return undefined
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2
}
