import { ocikit, open } from 'ocikit'
import { mirrors } from 'ocikit/cache'
import { createClient } from 'ocikit/client'
import { dockerCredentials, serve } from 'ocikit/node'
import { fs } from 'ocikit/storage/fs'

const credentials = dockerCredentials()
/** Nobody wants to wait long for a registry that does not answer. */
const options = { credentials, timeout: 15_000, retry: { tries: 2, maxDelay: 2000 } }

/** What is pushed here, and below the name of a registry what was pulled of that one through here. */
const kit = ocikit({
  storage: await fs(process.env['DATA'] ?? './data'),
  auth: open(),
  mirrors: mirrors({
    upstreams: {
      'docker.io': createClient('docker.io', options),
      'ghcr.io': createClient('ghcr.io', options),
      'quay.io': createClient('quay.io', options),
    },
    ttl: 5 * 60_000,
    maxBytes: 50 * 1024 ** 3,
  }),
})
const server = await serve(kit, { port: Number(process.env['PORT'] ?? 5000) })
console.log(`listening ${server.url}`)

/** Frees what has made room. */
const upkeep = setInterval(() => void kit.sweep().then(() => kit.collect()), 3_600_000)

process.once('SIGTERM', async () => {
  clearInterval(upkeep)
  await server.close()
  await kit.close()
})
