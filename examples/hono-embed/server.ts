import { Hono } from 'hono'
import { type Ocikit, ocikit, open } from 'ocikit'
import { serve } from 'ocikit/node'
import { fs } from 'ocikit/storage/fs'

const data = process.env['DATA'] ?? './data'

/** Two registries that share nothing: whoever asks for `team.localhost` gets its own, all others the public one. */
const common = ocikit({ storage: await fs(`${data}/common`), auth: open() })
const team = ocikit({ storage: await fs(`${data}/team`), auth: open() })

/** A site as you may have one, with a registry among its routes. */
function site(title: string, registry: Hono): Hono {
  const app = new Hono()
  // Before anything that reads bodies.
  app.route('/', registry)
  app.get('/', (c) => c.text(`${title}: the registry is at /v2/`))
  app.get('/health', (c) => c.json({ ok: true }))
  return app
}

const hosts: Readonly<Record<string, Hono>> = { 'team.localhost': site('team', team.app) }
const others = site('everybody', common.app)

const server = await serve(
  {
    async fetch(request, env, host) {
      const app = hosts[new URL(request.url).hostname] ?? others
      return app.fetch(request, env as object, host as never)
    },
  },
  { port: Number(process.env['PORT'] ?? 5000) },
)
const keepUp = async (kit: Ocikit) => {
  await kit.sweep() // removes abandoned uploads
  await kit.collect() // frees what no manifest refers to
}
const upkeep = setInterval(() => {
  for (const kit of [common, team]) keepUp(kit).catch(console.error)
}, 3_600_000)
console.log(`listening ${server.url}`)

process.once('SIGTERM', async () => {
  clearInterval(upkeep)
  await server.close()
  await Promise.all([common.close(), team.close()])
})
