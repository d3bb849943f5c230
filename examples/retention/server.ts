import { Hono } from 'hono'
import { ocikit, open } from 'ocikit'
import { serve } from 'ocikit/node'
import { fs } from 'ocikit/storage/fs'
import { rules } from './rules.ts'

const HOUR = 3_600_000

const kit = ocikit({
  storage: await fs(process.env['DATA'] ?? './data'),
  auth: open(),
  retention: rules,
  onFreed: ({ kind, repository = '', tag = '', digest = '', reason }) =>
    console.log('freed', kind, repository, tag, digest, `(${reason})`),
})

const app = new Hono()
app.route('/', kit.app)
app.get('/retention', async (c) => {
  const lines: string[] = []
  await kit.retain(c.env, {
    dryRun: true,
    report: ({ repository, tag, digest, stays, rule, why }) =>
      lines.push(
        `${stays ? 'stays' : 'goes '} ${repository} ${tag ?? digest} (${rule ?? 'no rule'}: ${why})`,
      ),
  })
  return c.text(lines.join('\n'))
})

const server = await serve(
  { fetch: async (request, env, host) => app.fetch(request, env as object, host as never) },
  { port: Number(process.env['PORT'] ?? 5000) },
)
console.log(`listening ${server.url}`)

let hours = 0
const keepUp = async () => {
  await kit.sweep() // removes abandoned uploads
  if (hours++ % 24 === 0) await kit.retain() // removes what the rules let go
  await kit.collect() // frees what no manifest refers to
}
const upkeep = setInterval(() => keepUp().catch(console.error), HOUR)

process.once('SIGTERM', async () => {
  clearInterval(upkeep)
  await server.close()
  await kit.close()
})
