import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { run } from '../../clients/process.ts'
import { DENO } from './start.ts'

test('our types of Deno are what Deno says of itself', { timeout: 60_000 }, async () => {
  const file = fileURLToPath(new URL('../../types/deno/globals.ts', import.meta.url))
  const env = { DENO_NO_PACKAGE_JSON: '1', NO_COLOR: '1' }
  const { status, stderr } = await run(DENO, ['check', '--no-lock', '--unstable-kv', file], { env })
  expect(status, stderr).toBe(0)
})
