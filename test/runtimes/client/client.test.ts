/** The contract of registries, spoken by the client inside each runtime to a server of this one. */

import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { listen } from '../../../adapters/node/testing.ts'
import { run } from '../../clients/process.ts'
import { BUN } from '../bun/start.ts'
import { DENO } from '../deno/start.ts'
import type { Outcome } from '../report.ts'
import { bundle } from '../workerd/bundle.ts'
import { ONCE, startWorker } from '../workerd/start.ts'
import { findBrowser, inPage } from './browser.ts'

/** How many tests there are at least. */
const LEAST = 90
const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

const registry = await listen({ cors: '*' })
afterAll(() => registry.close())

function show(runtime: string, outcomes: readonly Outcome[]): void {
  describe(`the client inside ${runtime}`, () => {
    test('there are tests', () => expect(outcomes.length).toBeGreaterThanOrEqual(LEAST))
    for (const [name, error] of outcomes) test(name, () => expect(error).toBe(''))
  })
}

async function inProcess(command: string, args: readonly string[]): Promise<readonly Outcome[]> {
  const { status, stdout, stderr } = await run(command, [...args, at('program.ts'), registry.url])
  if (status !== 0) throw new Error(`the suite did not run: ${stderr}`)
  return JSON.parse(stdout) as Outcome[]
}

async function inWorkerd(): Promise<readonly Outcome[]> {
  const worker = await startWorker(await bundle(new URL('./client-worker.ts', import.meta.url)), {
    bucket: false,
  })
  const ask = (query: Record<string, string>) =>
    fetch(`${worker.url}/?${new URLSearchParams({ registry: registry.url, ...query })}`, { headers: ONCE })
  try {
    const outcomes: Outcome[] = []
    for (const test of (await (await ask({})).json()) as string[]) {
      const outcome = ask({ test }).then((response) => response.text(), String)
      outcomes.push([test, await outcome])
    }
    return outcomes
  } finally {
    await worker.stop()
  }
}

const DENO_FLAGS = ['run', '--no-prompt', '--no-lock', '--allow-net=127.0.0.1']

async function inBrowser(browser: string): Promise<readonly Outcome[]> {
  const script = await bundle(new URL('./page.ts', import.meta.url))
  return JSON.parse(
    await inPage(browser, script, new URLSearchParams({ registry: registry.url })),
  ) as Outcome[]
}

show('Bun', await inProcess(BUN, []))
show('Deno', await inProcess(DENO, DENO_FLAGS))
show('workerd', await inWorkerd())

const browser = findBrowser()
if (browser === null) {
  console.warn('skipped: the client inside Chromium, chromium not installed')
  describe.skip('the client inside Chromium (chromium not installed)', () => {})
} else show('Chromium', await inBrowser(browser))
