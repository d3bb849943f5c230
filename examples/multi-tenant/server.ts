import { createStore, ocikit, prefixed, type Store, throttle, users } from 'ocikit'
import { serve } from 'ocikit/node'
import { fs } from 'ocikit/storage/fs'

const password = process.env['PASSWORD']
if (!password) throw new Error('PASSWORD is not set: it is that of ann (red) and of bob (blue)')

const storage = await fs(process.env['DATA'] ?? './data')
const tenants: Readonly<Record<string, Store>> = {
  red: createStore({ storage: prefixed(storage, 't/red/') }),
  blue: createStore({ storage: prefixed(storage, 't/blue/') }),
}
const nobody = createStore({ storage: prefixed(storage, 't/nobody/') })

const login = users([
  { name: 'ann', password, groups: ['red'] },
  { name: 'bob', password, groups: ['blue'] },
])

const kit = ocikit({
  auth: { ...throttle(login), authorize: (_access, { subject }) => (subject ? 'allow' : 'deny') },
  // Whoever calls sees the registry of their tenant, and nothing of another: no name, no blob, no upload.
  registry: ({ subject }) => tenants[String((subject?.['groups'] as string[] | undefined)?.[0])] ?? nobody,
})
const server = await serve(kit, { port: Number(process.env['PORT'] ?? 5000) })
const keepUp = async (tenant: Store) => {
  await tenant.sweep() // removes abandoned uploads
  await tenant.collect() // frees what no manifest refers to
}
const upkeep = setInterval(() => {
  for (const tenant of Object.values(tenants)) keepUp(tenant).catch(console.error)
}, 3_600_000)
console.log(`listening ${server.url}`)

process.once('SIGTERM', async () => {
  clearInterval(upkeep)
  await server.close()
  await kit.close()
  await storage.close?.()
})
