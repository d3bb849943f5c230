import { createStore, memory, ocikit, open, passThrough } from 'ocikit'
import { createClient } from 'ocikit/client'
import { readOnly, routeHosts, select, unify } from 'ocikit/compose'
import { dockerCredentials, serve } from 'ocikit/node'

const credentials = dockerCredentials()

/** What is pushed here, and below the name of a registry what that one has. */
const own = createStore({ storage: memory() })
const upstreams = routeHosts({
  'docker.io': createClient('docker.io', { credentials }),
  'ghcr.io': createClient('ghcr.io', { credentials }),
  'quay.io': createClient('quay.io', { credentials }),
})
const isUpstream = (name: string) => /^(?:docker|ghcr|quay)\.io\//.test(name)

const here = select(own, (name) => !isUpstream(name))
// The catalogs of registries for everybody are not listed.
const there = passThrough(readOnly(select(upstreams, isUpstream)), { repositories: async function* () {} })
const registry = unify([here, there], { write: 'first' })

const kit = ocikit({ registry, auth: open() })
const server = await serve(kit, { port: Number(process.env['PORT'] ?? 5000) })
console.log(`listening ${server.url}`)

process.once('SIGTERM', async () => {
  await server.close()
  await kit.close()
})
