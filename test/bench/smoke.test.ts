import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Report } from './report.ts'
import { ROWS } from './rows/index.ts'
import { temporaryFolder } from './scratch.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

test('the measurement measures every row', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'report.json')
  const args = [main, '--smoke', '--peers', 'none', '--json', file]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 45_000 })
  const report = JSON.parse(await readFile(file, 'utf8')) as Report
  expect(report).toMatchObject({ smoke: true, rounds: 1, absent: [], subjects: [{ name: 'ocikit' }] })
  expect(report.machine).toMatchObject({ node: process.version, cores: expect.any(Number) })
  expect(report.rows.map(({ name }) => name)).toEqual(ROWS.map(({ name }) => name))
  for (const row of report.rows) {
    expect(stdout).toContain(`| ${row.title}, ${row.unit}`)
    if (row.skipped !== undefined) {
      expect(row.skipped).toMatch(/is not installed|free in/)
      continue
    }
    const result = row.results['ocikit']!
    expect(result, row.name).toMatchObject({ errors: [], figures: [expect.any(Number)] })
    expect(result.figure, row.name).toBeGreaterThan(0)
    if (process.platform === 'linux') expect(result.peak, row.name).toBeGreaterThan(0)
  }
}, 45_000)
