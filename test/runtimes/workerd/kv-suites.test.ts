import { afterAll, describe, expect, test } from 'vitest'
import { testIn } from '../in-cell.ts'
import { bundle } from './bundle.ts'
import { ONCE, startWorker } from './start.ts'

const script = await bundle(new URL('./kv-suite-worker.ts', import.meta.url))
const worker = await startWorker(script, { bucket: false, kv: true, sessions: 'UploadSessions' })
afterAll(() => worker.stop())

async function ask(query: Record<string, string>): Promise<Response> {
  const response = await fetch(`${worker.url}/?${new URLSearchParams(query)}`, { headers: ONCE })
  expect(response.status).toBe(200)
  return response
}

/** How many tests there are at least. */
const SUITES = [
  ['storage', 'kv', 50],
  ['storage', 'kv and Durable Objects', 50],
  ['registry', 'kv', 90],
  ['registry', 'kv and Durable Objects', 90],
] as const

for (const [suite, on, least] of SUITES) {
  const names = (await (await ask({ suite, on })).json()) as string[]
  describe(`the ${suite} suite inside workerd, over ${on}`, () => {
    test('there are tests', () => expect(names.length).toBeGreaterThanOrEqual(least))
    const inCell = testIn(`workerd with ${on}`, suite, { timeout: 120_000 })
    for (const name of names) {
      inCell(name, async () => {
        const response = await ask({ suite, on, test: name })
        expect(await response.text()).toBe('')
      })
    }
  })
}
