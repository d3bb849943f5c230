/**
 * Gives a manifest many tags: `tags.ts REPOSITORY COUNT CONNECTIONS`, with the manifest on stdin.
 * @module
 */

import { text } from 'node:stream/consumers'
import { Pool } from './pool.ts'

const [repository, count, connections] = process.argv.slice(2)
const manifest = Buffer.from(await text(process.stdin))
const { mediaType } = JSON.parse(manifest.toString()) as { mediaType: string }
const pool = new Pool(Number(connections))
await pool.each(Number(count), async (i) => {
  await pool.send('PUT', `${repository}/manifests/tag-${i}`, 201, manifest, mediaType)
})
pool.close()
