import { ocikit, open } from 'ocikit'
import { serve } from 'ocikit/deno'
import { fs } from 'ocikit/storage/fs'

const kit = ocikit({ storage: await fs(process.env['DATA'] ?? './data'), auth: open() })
const server = await serve(kit, { port: Number(process.env['PORT'] ?? 5000) })
const keepUp = async () => {
  await kit.sweep() // removes abandoned uploads
  await kit.collect() // frees what no manifest refers to
}
const upkeep = setInterval(() => keepUp().catch(console.error), 3_600_000)
console.log(`listening ${server.url}`)

process.once('SIGTERM', async () => {
  clearInterval(upkeep)
  await server.close()
  await kit.close()
})
