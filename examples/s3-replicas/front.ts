/** Starts replicas over one bucket, and hands every request to the next of them in turn. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const { DATA = '', PORT = '5000', REPLICAS = '2' } = process.env
if (!DATA.startsWith('s3://')) {
  console.error("DATA must be a bucket: DATA='s3://BUCKET/PREFIX?endpoint=URL' npm start")
  process.exit(2)
}

interface Replica {
  readonly url: URL
  readonly process: ChildProcess
}

/** The command `ocikit`. */
const COMMAND = fileURLToPath(new URL('dist/adapters/cli/bin.js', import.meta.resolve('ocikit/package.json')))

/** A replica is the plain command. It knows nothing of the others. */
async function startReplica(): Promise<Replica> {
  const args = ['serve', '--data', DATA, '--port', '0', '--log', 'json']
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) {
    const [, url] = /^listening (\S+)/.exec(line) ?? []
    if (url) return { url: new URL(url), process: child }
  }
  throw new Error('a replica did not start')
}

const replicas = await Promise.all(Array.from({ length: Number(REPLICAS) }, startReplica))
let turn = 0

// Any load balancer does: no request has to go where the one before it went.
const front = createServer((incoming, outgoing) => {
  const { hostname, port } = replicas[turn++ % replicas.length]!.url
  const { method, url: path, headers } = incoming
  const onwards = request({ hostname, port, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode!, answer.headers)
    answer.pipe(outgoing)
  })
  onwards.once('error', () => outgoing.destroy())
  outgoing.once('close', () => onwards.destroy())
  incoming.pipe(onwards)
})
front.listen(Number(PORT), '127.0.0.1', () => console.log(`listening http://127.0.0.1:${PORT}`))

process.once('SIGTERM', () => {
  front.close()
  for (const replica of replicas) replica.process.kill('SIGTERM')
})
await Promise.all(replicas.map((replica) => once(replica.process, 'exit')))
front.closeAllConnections()
front.close()
