import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { run } from '../clients/process.ts'
import type { Outcome } from '../runtimes/report.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

describe('the example of a storage', () => {
  test('has less than 100 lines', async () => {
    const lines = (await readFile(at('../../examples/custom-storage/sqlite.ts'), 'utf8')).trim().split('\n')
    expect(lines.length).toBeLessThan(100)
  })

  const isBuilt = existsSync(at('../../dist/src/testing/index.js'))
  if (!isBuilt) console.warn('skipped: the example of a storage, dist is missing: npm run build')
  test.skipIf(!isBuilt)('passes the suite', { timeout: 120_000 }, async () => {
    const { status, stdout, stderr } = await run(process.execPath, [at('./custom-storage-suite.ts')])
    expect(status, stderr).toBe(0)
    const outcomes = JSON.parse(stdout) as Outcome[]
    expect(outcomes.length).toBeGreaterThan(50)
    expect(outcomes.filter(([, error]) => error !== '')).toEqual([])
  })
})
