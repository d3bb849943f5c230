/**
 * Pushes a blob that is nowhere on a disk: `huge.ts REPOSITORY MIB`, POST, PATCH in chunked encoding, PUT. A
 * random MiB over and over, each time with a number in it. Prints the seconds.
 * @module
 */

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Pool, type Reply } from './pool.ts'

const [repository, mib] = process.argv.slice(2)
const block = randomBytes(1024 * 1024)
const count = Number(mib)
const hash = createHash('sha256')

const begun = performance.now()
const uploads = `${repository}/blobs/uploads/`
const { location } = await alone('POST', uploads, 202)
const url = new URL(await patch(new URL(location!, uploads)), uploads)
url.searchParams.set('digest', `sha256:${hash.digest('hex')}`)
await alone('PUT', url.href, 201)
console.log((performance.now() - begun) / 1000)

/** On a connection of its own: one that was idle during a long upload may just be closed. */
async function alone(method: string, url: string, wanted: number): Promise<Reply> {
  const pool = new Pool(1)
  try {
    return await pool.send(method, url, wanted)
  } finally {
    pool.close()
  }
}

async function patch(url: URL): Promise<string> {
  const outgoing = request(url, { method: 'PATCH', headers: { 'content-type': 'application/octet-stream' } })
  const answered = once(outgoing, 'response')
  for (let i = 0; i < count; i++) {
    // A copy, because what was written before may still wait.
    const bytes = Buffer.from(numbered(i))
    hash.update(bytes)
    if (!outgoing.write(bytes)) await once(outgoing, 'drain')
  }
  outgoing.end()
  const [incoming] = (await answered) as [IncomingMessage]
  incoming.resume()
  if (incoming.statusCode !== 202) throw new Error(`PATCH: ${incoming.statusCode}`)
  return incoming.headers.location ?? url.href
}

function numbered(i: number): Buffer {
  block.writeUInt32LE(i, 0)
  return block
}
