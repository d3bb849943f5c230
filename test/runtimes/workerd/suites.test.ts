import { afterAll, describe, expect, test } from 'vitest'
import type { CellName } from '../cells.ts'
import { testIn } from '../in-cell.ts'
import { bundle } from './bundle.ts'
import { ONCE, startWorker } from './start.ts'

const script = await bundle(new URL('./suite-worker.ts', import.meta.url))
const worker = await startWorker(script, { sessions: 'UploadSessions' })
afterAll(() => worker.stop())

const LONG = { timeout: 120_000 }

async function ask(query: Record<string, string>): Promise<Response> {
  const response = await fetch(`${worker.url}/?${new URLSearchParams(query)}`, { headers: ONCE })
  expect(response.status).toBe(200)
  return response
}

const R2 = 'workerd with r2'
const OBJECTS = 'workerd with r2 and Durable Objects'

/** A suite in a Worker: with how many tests at least, and where they stand in the table. */
const SUITES: readonly (readonly [string, string, number, ReturnType<typeof testIn>])[] = [
  ['storage', 'r2', 50, place(R2, 'storage')],
  ['storage', 'r2 and durable objects', 50, place(OBJECTS, 'storage')],
  ['registry', 'r2', 90, place(R2, 'registry')],
  ['registry', 'r2 and durable objects', 90, place(OBJECTS, 'registry')],
  ['operations', 'r2', 6, (name, run) => void test(name, LONG, run)],
]

function place(cell: CellName, suite: 'storage' | 'registry') {
  return testIn(cell, suite, LONG)
}

for (const [suite, on, least, add] of SUITES) {
  const names = (await (await ask({ suite, on })).json()) as string[]
  describe(`the ${suite} suite inside workerd, over ${on}`, () => {
    test('there are tests', () => expect(names.length).toBeGreaterThanOrEqual(least))
    for (const name of names) {
      add(name, async () => {
        const response = await ask({ suite, on, test: name })
        expect(await response.text()).toBe('')
      })
    }
  })
}
