import { ocikit, open } from 'ocikit'
import { serve } from 'ocikit/bun'
import { fs } from 'ocikit/storage/fs'

const kit = ocikit({ storage: await fs(process.env['DATA'] ?? './data'), auth: open() })
const server = await serve(kit, { port: Number(process.env['PORT'] ?? 5000) })
const sweeping = setInterval(() => kit.sweep(), 3_600_000) // removes abandoned uploads
console.log(`listening ${server.url}`)

process.once('SIGTERM', async () => {
  clearInterval(sweeping)
  await server.close()
  await kit.close()
})
