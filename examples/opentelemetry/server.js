import { metrics, ocikit, open } from 'ocikit'
import { serve } from 'ocikit/node'
import { fs } from 'ocikit/storage/fs'
import { tracing } from './tracing.js'

const storage = await fs(process.env['DATA'] ?? './data')
const kit = ocikit({
  storage,
  auth: open(),
  inspect: tracing(), // a span for each request, with one for each call of the storage
  metrics: metrics(), // at /metrics, for Prometheus or a collector that scrapes
  health: true,
})
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
