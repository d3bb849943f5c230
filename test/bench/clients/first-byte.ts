/**
 * Many pulls at once: `first-byte.ts REPOSITORY DIGEST SIZE CLIENTS`. Each reads the manifest `latest` and then the blob
 * to its end. Prints the milliseconds from its begin to the first byte of the blob, the median of all.
 * @module
 */

import { Agent, get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { median } from '../report.ts'

const [repository, digest, size, clients] = process.argv.slice(2)
const accept = 'application/vnd.oci.image.manifest.v1+json'
const times = await Promise.all(Array.from({ length: Number(clients) }, pull))
console.log(median(times))

/** Over a connection of its own. */
async function pull(): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const begun = performance.now()
  await text(await open(`${repository}/manifests/latest`, agent))
  const blob = await open(`${repository}/blobs/${digest}`, agent)
  let first = 0
  let got = 0
  for await (const chunk of blob) {
    if (got === 0) first = performance.now() - begun
    got += (chunk as Buffer).length
  }
  agent.destroy()
  if (got !== Number(size)) throw new Error(`${digest}: ${got} bytes, not ${size}`)
  return first
}

function open(url: string, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const answered = (incoming: IncomingMessage) => {
      if (incoming.statusCode === 200) resolve(incoming)
      else reject(new Error(`GET ${url}: ${incoming.statusCode}`))
    }
    get(url, { agent, headers: { accept }, timeout: 120_000 }, answered).once('error', reject)
  })
}
