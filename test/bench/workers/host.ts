/**
 * Runs a Worker with a bucket: `host.ts SCRIPT DATA`. Says which process is workerd, in which both are, and where
 * it listens.
 * @module
 */

import { readdir, readFile } from 'node:fs/promises'
import { Miniflare } from 'miniflare'

const [script, data] = process.argv.slice(2)
const miniflare = new Miniflare({
  host: '127.0.0.1',
  port: 0,
  modules: true,
  script: await readFile(script!, 'utf8'),
  compatibilityDate: '2026-07-30',
  r2Buckets: ['BUCKET'],
  r2Persist: data!,
})
process.once('SIGTERM', async () => {
  await miniflare.dispose()
  process.exit()
})
const { origin } = await miniflare.ready
for (const pid of await workerds()) console.log(`workerd ${pid}`)
console.log(`listening ${origin}`)

/** The process that serves; none where the system does not tell. */
async function workerds(): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc').catch(() => [])) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
    if (stat.includes(' (workerd) ') && stat.split(' ')[3] === `${process.pid}`) found.push(pid)
  }
  return found
}
