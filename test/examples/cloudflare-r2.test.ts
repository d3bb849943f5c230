import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Folder, run, temporaryFolder } from '../clients/process.ts'
import { startWorker } from '../runtimes/workerd/start.ts'
import { ROOT } from './start.ts'

const isBuilt = existsSync(join(ROOT, 'dist/src/index.js'))
if (!isBuilt) console.warn('skipped: the example cloudflare-r2, dist is missing: npm run build')

describe.skipIf(!isBuilt)('the example cloudflare-r2, as it would be deployed', () => {
  let folder: Folder
  let script: string
  beforeAll(async () => {
    folder = await temporaryFolder()
    const wrangler = join(ROOT, 'node_modules/.bin/wrangler')
    const flags = ['deploy', '--dry-run', '--outdir', folder.at('out')]
    // Offline, and without a trace at home.
    const env = { HOME: folder.path, XDG_CONFIG_HOME: folder.at('config'), WRANGLER_SEND_METRICS: 'false' }
    const done = await run(wrangler, flags, { cwd: join(ROOT, 'examples/cloudflare-r2'), env })
    expect(done.status, done.stdout + done.stderr).toBe(0)
    expect(done.stdout).toContain('env.BUCKET')
    expect(done.stdout).toContain('env.SESSIONS')
    script = await readFile(folder.at('out', 'worker.js'), 'utf8')
  }, 120_000)
  afterAll(() => folder?.remove())

  test('answers 401 to everything until it has both of its secrets', { timeout: 60_000 }, async () => {
    const digest = `sha256:${'0'.repeat(64)}`
    const requests = [
      ['GET', '/v2/'],
      ['GET', '/v2/_catalog'],
      ['GET', '/v2/a/tags/list'],
      ['GET', '/v2/a/manifests/b'],
      ['PUT', '/v2/a/manifests/b'],
      ['DELETE', '/v2/a/manifests/b'],
      ['GET', `/v2/a/blobs/${digest}`],
      ['HEAD', `/v2/a/blobs/${digest}`],
      ['DELETE', `/v2/a/blobs/${digest}`],
      ['GET', `/v2/a/referrers/${digest}`],
      ['POST', '/v2/a/blobs/uploads/'],
      ['POST', `/v2/a/blobs/uploads/?digest=${digest}`],
      ['POST', `/v2/a/blobs/uploads/?mount=${digest}&from=b`],
      ['GET', '/v2/a/blobs/uploads/x'],
      ['PATCH', '/v2/a/blobs/uploads/x'],
      ['PUT', `/v2/a/blobs/uploads/x?digest=${digest}`],
      ['DELETE', '/v2/a/blobs/uploads/x'],
    ] as const
    const secrets: Record<string, string>[] = [{}, { USERNAME: 'ann' }, { PASSWORD: 'secret' }]
    for (const bindings of secrets) {
      const worker = await startWorker(script, { sessions: 'UploadSessions', bindings })
      try {
        for (const [method, path] of requests) {
          for (const login of ['', 'ann:', ':secret', 'ann:secret', 'undefined:undefined']) {
            const headers: Record<string, string> = login ? { authorization: `Basic ${btoa(login)}` } : {}
            const answer = await fetch(worker.url + path, { method, headers })
            expect(answer.status, `${method} ${path} by ${login}`).toBe(401)
            await answer.arrayBuffer()
          }
        }
      } finally {
        await worker.stop()
      }
    }
  })
})
