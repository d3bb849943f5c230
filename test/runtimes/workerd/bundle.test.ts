import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { bundle } from './bundle.ts'

const LIMIT = 60 * 1024

test('a Worker over R2 and Durable Objects is small, and imports nothing', async () => {
  const script = await bundle(new URL('../../../examples/cloudflare-r2/worker.ts', import.meta.url), {
    minify: true,
  })
  const size = gzipSync(script, { level: 9 }).length
  console.log(`the Worker has ${script.length} bytes, ${size} gzipped`)
  expect(size).toBeLessThan(LIMIT)
  expect(script.match(/\bimport\s*(?:\(|[\w*{"'][^;]*?from\b|["'])[^;]{0,80}/g)).toBeNull()
})
