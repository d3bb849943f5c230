import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { run } from '../../clients/process.ts'
import type { Outcome } from '../report.ts'
import { BUN } from './start.ts'

const { status, stdout, stderr } = await run(BUN, [fileURLToPath(new URL('./suite.ts', import.meta.url))])
if (status !== 0) throw new Error(`the suite did not run: ${stderr}`)
const results = JSON.parse(stdout) as Outcome[]

describe('fs, inside Bun', () => {
  test('there are tests', () => expect(results.length).toBeGreaterThan(50))
  test.each(results)('%s', (_name, error) => expect(error).toBe(''))
})
