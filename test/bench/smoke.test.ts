import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Report } from './report.ts'
import { ROWS, RUNTIME_ROWS } from './rows/index.ts'
import { temporaryFolder } from './scratch.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

/** Runs it and resolves to what it wrote and printed. */
async function smoke<T>(args: readonly string[], limit: number): Promise<{ written: T; stdout: string }> {
  using folder = temporaryFolder()
  const file = join(folder.path, 'report.json')
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--smoke', ...args, '--json', file], {
    timeout: limit,
  })
  return { written: JSON.parse(await readFile(file, 'utf8')) as T, stdout }
}

/** Every row has a figure of each of these subjects, or says why not. */
function expectFigures({ rows }: Report, stdout: string, subjects: readonly string[]): void {
  for (const row of rows) {
    expect(stdout).toContain(`| ${row.title}, ${row.unit}`)
    if (row.skipped !== undefined) {
      expect(row.skipped).toMatch(/is not installed|free in/)
      continue
    }
    for (const name of subjects) {
      const result = row.results[name]!
      expect(result, `${row.name} ${name}`).toMatchObject({ errors: [], figures: [expect.any(Number)] })
      // So little may raise nothing.
      if (row.name !== 'patch-memory') expect(result.figure, row.name).toBeGreaterThan(0)
      if (process.platform === 'linux') expect(result.peak, row.name).toBeGreaterThan(0)
    }
  }
}

test('the measurement measures every row', { timeout: 90_000 }, async () => {
  const { written, stdout } = await smoke<Reports>(['--peers', 'none'], 90_000)
  const report = written['registries']!
  expect(report).toMatchObject({ smoke: true, rounds: 1, absent: [], subjects: [{ name: 'ocikit' }] })
  expect(report.machine).toMatchObject({ node: process.version, cores: expect.any(Number) })
  expect(report.rows.map(({ name }) => name)).toEqual(ROWS.map(({ name }) => name))
  expectFigures(report, stdout, ['ocikit'])
  expect(written['users']!.rows.map(({ name }) => name)).toEqual(['users'])
  expectFigures(written['users']!, stdout, ['anonymous', 'basic', 'bearer'])
  expectFigures(written['files']!, stdout, ['small', 'large'])
  expectFigures(written['mirrors']!, stdout, ['direct', 'mirror'])
  expect(written['sizes']!.rows.map(({ name }) => name)).toEqual(['catalog-page', 'tags-page'])
  expectFigures(written['sizes']!, stdout, ['small', 'large'])
})

test('the command as a client', { timeout: 90_000 }, async () => {
  const { written, stdout } = await smoke<Reports>(['--client'], 90_000)
  const movers = written['copy']!.subjects.map(({ name }) => name)
  expect([...movers, ...written['copy']!.absent.map(({ name }) => name)]).toEqual(
    expect.arrayContaining(['ocikit', 'skopeo', 'crane']),
  )
  expectFigures(written['copy']!, stdout, movers)
  expectFigures(written['download']!, stdout, ['one request', 'six requests', 'one, no cap'])
})

describe('other runtimes and storages', () => {
  const always = { folder: ['node', 'bun', 'deno'], r2: ['workerd+r2', 'bare worker'] }
  test.each(Object.entries(always))('%s', { timeout: 90_000 }, async (storage, subjects) => {
    const { written, stdout } = await smoke<Reports>(['--runtimes', '--storages', storage], 90_000)
    const report = written[storage]!
    expect(report.rows.map(({ name }) => name)).toEqual(RUNTIME_ROWS.map(({ name }) => name))
    expectFigures(report, stdout, subjects)
  })

  test('s3, or a reason why not', { timeout: 90_000 }, async () => {
    const { written, stdout } = await smoke<Reports>(['--runtimes', '--storages', 's3'], 90_000)
    if (written['s3']) expectFigures(written['s3'], stdout, ['node+s3', 'bun+s3'])
    else expect(stdout).toMatch(/^s3\nskipped: OCIKIT_TEST_S3_\* are not set, and MinIO is not built$/m)
  })
})

type Reports = Record<string, Report>
