/**
 * What is measured of a registry.
 * @module
 */

import type { Payloads } from './payload.ts'
import type { Scale } from './scale.ts'
import type { Server } from './server.ts'

/** A line of the table. Every measurement begins with a fresh process, over an empty folder or what was prepared. */
export interface Row {
  readonly name: string
  readonly title: (scale: Scale) => string
  readonly unit: string
  readonly better: 'more' | 'less'
  /** Commands that it needs. */
  readonly needs: readonly ('curl' | 'wrk')[]
  /** In at most so many rounds (all): what takes long and varies little. */
  readonly rounds?: number
  /**
   * Its rounds are so many short turns, and the ratio is the median of the turns' own: for servers that go on running
   * and differ by less than the machine does from one minute to the next (one).
   */
  readonly turns?: (scale: Scale) => number
  /** Bytes that it puts on the disk. */
  readonly space?: (scale: Scale) => number
  /** The disk's own rate is measured beside it, with so many bytes. */
  readonly disk?: (scale: Scale) => number
  /**
   * Fills a folder, once for all rounds; resolves to what `measure` has to know of that. It is for what takes longer
   * to fill than to measure, and is not changed by that.
   */
  prepare?(bench: Omit<Bench, 'prepared' | 'turn'>): Promise<string>
  /** Resolves to the figure. Whoever begins with something else resets the peak of the memory after it. */
  measure(bench: Bench): Promise<number>
}

/** What a row has to work with. */
export interface Bench {
  readonly server: Server
  /** URL of a repository that nobody has used. */
  readonly repository: string
  readonly payloads: Payloads
  readonly scale: Scale
  /** What `prepare` resolved to; empty without it. */
  readonly prepared: string
  /** Turns of this round that the server has had. */
  readonly turn: number
}
