import { afterAll, describe, expect, test } from 'vitest'
import { bundle } from './bundle.ts'
import { ONCE, startWorker } from './start.ts'

const script = await bundle(new URL('./suite-worker.ts', import.meta.url))
const worker = await startWorker(script, { sessions: 'UploadSessions' })
afterAll(() => worker.stop())

async function ask(query: Record<string, string>): Promise<Response> {
  const response = await fetch(`${worker.url}/?${new URLSearchParams(query)}`, { headers: ONCE })
  expect(response.status).toBe(200)
  return response
}

/** How many tests there are at least. */
const SUITES = [
  ['storage', 'r2', 50],
  ['storage', 'r2 and durable objects', 50],
  ['registry', 'r2', 90],
  ['registry', 'r2 and durable objects', 90],
  ['operations', 'r2', 6],
] as const

for (const [suite, on, least] of SUITES) {
  const names = (await (await ask({ suite, on })).json()) as string[]
  describe(`the ${suite} suite inside workerd, over ${on}`, () => {
    test('there are tests', () => expect(names.length).toBeGreaterThanOrEqual(least))
    for (const name of names) {
      test(name, { timeout: 120_000 }, async () => {
        const response = await ask({ suite, on, test: name })
        expect(await response.text()).toBe('')
      })
    }
  })
}
