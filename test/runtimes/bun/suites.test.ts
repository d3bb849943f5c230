import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { run, temporaryFolder } from '../../clients/process.ts'
import { describeBucket } from '../../storage/s3/bucket.ts'
import type { CellName } from '../cells.ts'
import { testIn } from '../in-cell.ts'
import type { Outcome, Suites } from '../report.ts'
import { newBucketData } from '../s3/start.ts'
import { BUN } from './start.ts'

const SUITE = fileURLToPath(new URL('./suite.ts', import.meta.url))

async function suitesIn(data: string, env: Record<string, string> = {}): Promise<Suites> {
  const { status, stdout, stderr } = await run(BUN, [SUITE, data], { env })
  if (status !== 0) throw new Error(`the suites did not run: ${stderr}`)
  return JSON.parse(stdout) as Suites
}

function show(cell: CellName, suite: keyof Suites, least: number, outcomes: readonly Outcome[]): void {
  describe(`the ${suite} suite inside Bun, ${cell}`, () => {
    test('there are tests', () => expect(outcomes.length).toBeGreaterThanOrEqual(least))
    for (const [name, error] of outcomes) testIn(cell, suite)(name, async () => expect(error).toBe(''))
  })
}

function showAll(cell: CellName, { storage, registry }: Suites): void {
  show(cell, 'storage', 50, storage)
  show(cell, 'registry', 90, registry)
}

const folder = await temporaryFolder()
const suites = await suitesIn(folder.path).finally(() => folder.remove())
showAll('bun with fs', suites)

describeBucket('a bucket', async () => {
  const { data, env } = newBucketData()
  showAll('bun with s3', await suitesIn(data, env))
})
