// Runs the Worker on this machine, open to everybody on it.

import { fileURLToPath } from 'node:url'
import { unstable_startWorker as startWorker } from 'wrangler'

process.env['WRANGLER_SEND_METRICS'] = 'false'
process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
const worker = await startWorker({
  config: fileURLToPath(new URL('wrangler.json', import.meta.url)),
  bindings: { OCIKIT_INSECURE_OPEN: { type: 'plain_text', value: '1' } },
  dev: {
    server: { hostname: '127.0.0.1', port: Number(process.env['PORT'] ?? 5000) },
    inspector: false,
    watch: false,
    persist: process.env['DATA'] ?? './data',
    logLevel: 'warn',
  },
})
console.log(`listening ${(await worker.url).origin}`)

process.once('SIGTERM', async () => {
  await worker.dispose()
  process.exit()
})
