/**
 * The rows of the specification on a registry that runs elsewhere: in another runtime, over another storage.
 * @module
 */

import { afterAll, beforeAll, describe, expect } from 'vitest'
import { houseRules } from '../spec/house.ts'
import { allRows } from '../spec/index.ts'
import { runRow } from '../spec/run.ts'
import { fits, type Target } from '../spec/target.ts'
import type { CellName } from './cells.ts'
import { testIn } from './in-cell.ts'

/** A registry that listens. */
export interface Running {
  /** Without a slash at its end. */
  readonly url: string
  close(): Promise<void>
}

/** A runtime with a storage. */
export interface Combination {
  readonly name: CellName
  /** What is special, where a combination is tested in more than one way. */
  readonly note?: string
  /** Starts an empty registry, open to everybody. */
  start(options: { sparse: boolean }): Promise<Running>
  /** Next answers paths with two slashes in a row by itself. */
  readonly mergesSlashes?: boolean
  /** Sends a request (`fetch`). */
  readonly fetch?: (request: Request) => Promise<Response>
}

/** Runs every row that the runtime does not lack; those that need a registry which is not sparse on a second one. */
export function specOn(combination: Combination): void {
  const { name, note, start, mergesSlashes = false, fetch = globalThis.fetch } = combination
  const test = testIn(name, 'specification')
  for (const sparse of [true, false]) {
    describe(`${note ?? name}, ${sparse ? 'sparse' : 'strict'}`, () => {
      let running: Running
      let target: Target
      beforeAll(async () => {
        running = await start({ sparse })
        const repos = { repo1: 'conformance/repo1', repo2: 'conformance/repo2' }
        const { url } = running
        target = houseRules({ url, fetch: (request) => fetch(request), sparse, mergesSlashes, ...repos })
      })
      afterAll(() => running?.close())
      for (const row of allRows.filter((each) => fits(each, { sparse } as Target))) {
        if (!sparse && row.needs !== 'strict') continue
        test(row.name, async () => {
          expect(await runRow(target, row)).toEqual({ row, outcome: 'pass' })
        })
      }
    })
  }
}
