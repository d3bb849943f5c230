import { anonymousPull, ocikit, policy, throttle, users } from 'ocikit'
import { serve } from 'ocikit/node'
import { fs } from 'ocikit/storage/fs'

const password = process.env['PASSWORD']
if (!password) throw new Error('PASSWORD is not set: it is that of the user ann')

const login = throttle(users([{ name: 'ann', password, groups: ['dev'] }]))
const authorize = policy({
  rules: [
    { who: 'group:dev', repositories: ['examples/*', '{name}/**'], allow: ['pull', 'push', 'delete'] },
    { who: 'group:dev', allow: ['catalog'] },
  ],
})

const kit = ocikit({
  storage: await fs(process.env['DATA'] ?? './data'),
  // What lies below public/ is for everybody to read.
  auth: anonymousPull({ ...login, authorize }, ['public/**']),
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
