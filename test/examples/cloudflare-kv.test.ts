import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run, temporaryFolder } from '../clients/process.ts'
import { startWorker } from '../runtimes/workerd/start.ts'
import { ROOT } from './start.ts'

const isBuilt = existsSync(join(ROOT, 'dist/src/index.js'))
if (!isBuilt) console.warn('skipped: the example cloudflare-kv, dist is missing: npm run build')

describe.skipIf(!isBuilt)('the example cloudflare-kv, as it would be deployed', () => {
  test('has its bindings, and answers 401 until it has its secrets', { timeout: 120_000 }, async () => {
    const folder = await temporaryFolder()
    try {
      const wrangler = join(ROOT, 'node_modules/.bin/wrangler')
      const flags = ['deploy', '--dry-run', '--outdir', folder.at('out')]
      // Offline, and without a trace at home.
      const env = { HOME: folder.path, XDG_CONFIG_HOME: folder.at('config'), WRANGLER_SEND_METRICS: 'false' }
      const done = await run(wrangler, flags, { cwd: join(ROOT, 'examples/cloudflare-kv'), env })
      expect(done.status, done.stdout + done.stderr).toBe(0)
      expect(done.stdout).toContain('env.KV')
      expect(done.stdout).toContain('env.RECORDS')
      const script = await readFile(folder.at('out', 'worker.js'), 'utf8')
      const worker = await startWorker(script, { kv: true, bucket: false })
      try {
        for (const path of ['/v2/', '/v2/_catalog', '/v2/a/manifests/b'])
          expect((await fetch(worker.url + path)).status, path).toBe(401)
      } finally {
        await worker.stop()
      }
    } finally {
      await folder.remove()
    }
  })
})
