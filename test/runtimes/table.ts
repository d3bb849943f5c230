/**
 * The rows of the specification on a registry that runs elsewhere: in another runtime, over another storage.
 * @module
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { houseRules } from '../spec/house.ts'
import { allRows } from '../spec/index.ts'
import { runRow } from '../spec/run.ts'
import { fits, type Target } from '../spec/target.ts'

/** A registry that listens. */
export interface Running {
  /** Without a slash at its end. */
  readonly url: string
  close(): Promise<void>
}

/** A runtime with a storage. */
export interface Combination {
  /** For example `bun with fs`. */
  readonly name: string
  /** Starts an empty registry, open to everybody. */
  start(options: { sparse: boolean }): Promise<Running>
}

/** Runs every row, none skipped; those that need a registry which is not sparse on a second one. */
export function specOn({ name, start }: Combination): void {
  for (const sparse of [true, false]) {
    describe(`${name}, ${sparse ? 'sparse' : 'strict'}`, () => {
      let running: Running
      let target: Target
      beforeAll(async () => {
        running = await start({ sparse })
        const repos = { repo1: 'conformance/repo1', repo2: 'conformance/repo2' }
        target = houseRules({ url: running.url, fetch: (request) => fetch(request), sparse, ...repos })
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
