import { afterAll, describe, expect, test } from 'vitest'
import { bundle } from './bundle.ts'
import { startWorker } from './start.ts'

const script = await bundle(new URL('./suite-worker.ts', import.meta.url))
const worker = await startWorker(script, { sessions: 'UploadSessions' })
afterAll(() => worker.stop())

async function ask(query: Record<string, string>): Promise<Response> {
  const url = `${worker.url}/?${new URLSearchParams(query)}`
  // A kept connection may be closed just when it is used again; a test that runs twice has other keys.
  const response = await fetch(url).catch(() => fetch(url))
  expect(response.status).toBe(200)
  return response
}

for (const storage of ['r2', 'durable objects']) {
  const names = (await (await ask({ storage })).json()) as string[]
  describe(`${storage}, inside workerd`, () => {
    test('there are tests', () => expect(names.length).toBeGreaterThan(50))
    for (const name of names) {
      test(name, async () => {
        const response = await ask({ storage, test: name })
        expect(await response.text()).toBe('')
      })
    }
  })
}
