/**
 * Pushes small blobs: `blobs.ts REPOSITORY COUNT CONNECTIONS WARMUP`. Prints the seconds.
 * @module
 */

import { createHash, randomBytes } from 'node:crypto'
import { Pool } from './pool.ts'

const [repository, count, connections, warmUp] = process.argv.slice(2)
const pool = new Pool(Number(connections))

await push(blobs(Number(warmUp)))
const measured = blobs(Number(count))
const begun = performance.now()
await push(measured)
console.log((performance.now() - begun) / 1000)
pool.close()

function blobs(count: number): { bytes: Buffer; digest: string }[] {
  return Array.from({ length: count }, () => {
    const bytes = randomBytes(4096)
    return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
  })
}

async function push(all: { bytes: Buffer; digest: string }[]): Promise<void> {
  await pool.each(all.length, async (i) => {
    const { bytes, digest } = all[i]!
    const { location } = await pool.send('POST', `${repository}/blobs/uploads/`, 202)
    const url = new URL(location!, repository)
    url.searchParams.set('digest', digest)
    await pool.send('PUT', url.href, 201, bytes)
  })
}
