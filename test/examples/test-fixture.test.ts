/** The example of tests passes as its README says. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../clients/process.ts'
import { ROOT } from './start.ts'

const isBuilt = existsSync(join(ROOT, 'dist/src/testing/index.js'))
if (!isBuilt) console.warn('skipped: the example test-fixture, dist is missing: npm run build')

describe.skipIf(!isBuilt)('the example test-fixture', () => {
  test('passes', async () => {
    const args = ['--test', '--test-reporter=tap', 'examples/test-fixture/newest.test.ts']
    const { status, stdout } = await run(process.execPath, args, { cwd: ROOT })
    expect(status, stdout).toBe(0)
    expect(stdout).toMatch(/^# pass 4$/m)
  })
})
