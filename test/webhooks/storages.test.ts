/** Delivery over the storages that several processes share, each in the runtime that it is for. */

import { fileURLToPath } from 'node:url'
import { Miniflare, type WorkerOptions } from 'miniflare'
import { describe } from 'vitest'
import { temporaryFolder } from '../clients/process.ts'
import { type ServerProcess, startServer } from '../runtimes/bun/start.ts'
import { DENO, folderFlags } from '../runtimes/deno/start.ts'
import { bundle } from '../runtimes/workerd/bundle.ts'
import { plainly } from '../runtimes/workerd/start.ts'
import { bucketOptions, describeBucket } from '../storage/s3/bucket.ts'
import { deliverySuite, type Place, type Replica } from './delivery-suite.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Replicas that are processes of their own. */
function processes(start: (hook: string) => Promise<ServerProcess>, remove = async () => {}): Place {
  const started: ServerProcess[] = []
  return {
    async start(hook) {
      const server = await start(hook)
      started.push(server)
      return {
        fetch: (path, init) => fetch(server.url + path, init),
        drain: async () => {},
        kill: () => server.kill(),
      }
    },
    async [Symbol.asyncDispose]() {
      for (const server of started) await server.kill()
      await remove()
    },
  }
}

describeBucket('webhooks over a real S3 server', () => {
  deliverySuite(async () => {
    const { endpoint, bucket, prefix, region, credentials } = bucketOptions()
    const query = new URLSearchParams({ endpoint, ...(region === undefined ? {} : { region }) })
    const data = `s3://${bucket}/${prefix}?${query}`
    const env = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }
    return processes((hook) => startServer(process.execPath, [at('server.ts'), data, hook], env))
  })
})

describe('webhooks over Deno KV', () => {
  deliverySuite(async () => {
    const folder = await temporaryFolder()
    const run = ['run', '--no-prompt', '--no-lock', '--unstable-kv', ...folderFlags(folder.path)]
    const args = [...run, at('deno-server.ts'), folder.at('kv')]
    return processes((hook) => startServer(DENO, [...args, hook], { NO_COLOR: '1' }), folder.remove)
  })
})

/** Workers over one bucket, which the folder keeps when they are killed: two isolates, and then they are taken in turns. */
async function workers(script: string): Promise<Place> {
  const folder = await temporaryFolder()
  let miniflare: Miniflare | undefined
  let count = 0
  const kill = async () => {
    const killed = miniflare
    miniflare = undefined
    await killed?.dispose()
  }
  const workerOf = (name: string, hook: string): WorkerOptions => ({
    name,
    modules: true,
    script,
    compatibilityDate: '2026-07-30',
    r2Buckets: { BUCKET: 'shared' },
    bindings: { HOOK: hook },
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  })
  return {
    async start(hook): Promise<Replica> {
      const name = `worker${count++ % 2}`
      miniflare ??= new Miniflare({
        host: '127.0.0.1',
        port: 0,
        defaultPersistRoot: folder.at('data'),
        workers: [workerOf('worker0', hook), workerOf('worker1', hook)],
      })
      await miniflare.ready
      const running = miniflare
      const url = await running.unsafeGetDirectURL(name)
      return {
        fetch: (path, init) => plainly(new Request(new URL(path, url), init)),
        drain: async () => (await running.getWorker(name)).scheduled({ cron: '* * * * *' }),
        kill,
      }
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await folder.remove()
    },
  }
}

describe('webhooks over R2, in workerd', async () => {
  const script = await bundle(new URL('./worker.ts', import.meta.url))
  deliverySuite(() => workers(script))
})
