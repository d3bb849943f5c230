/**
 * Small answers: how many in a second.
 * @module
 */

import { fileURLToPath } from 'node:url'
import { ask, withDigest } from '../push.ts'
import type { Bench, Row } from '../row.ts'
import { type Load, wrk } from '../wrk.ts'
import { EMPTY, MANIFEST, pushImage } from './image.ts'

const HEAD = fileURLToPath(new URL('head.lua', import.meta.url))

export const manifest: Row = {
  name: 'manifest',
  title: () => 'GET manifest by tag',
  unit: 'req/s',
  better: 'more',
  needs: ['wrk'],
  async measure(bench) {
    await pushImage(bench.repository)
    return load(bench, `${bench.repository}/manifests/latest`, { header: `Accept: ${MANIFEST}` })
  },
}

/** Of an empty blob: wrk waits for the body that a HEAD tells the length of. */
export const head: Row = {
  name: 'head',
  title: () => 'HEAD blob',
  unit: 'req/s',
  better: 'more',
  needs: ['wrk'],
  async measure(bench) {
    const { location } = await ask('POST', `${bench.repository}/blobs/uploads/`, 202)
    await ask('PUT', withDigest(location, EMPTY), 201)
    return load(bench, `${bench.repository}/blobs/${EMPTY}`, { script: HEAD })
  },
}

async function load({ server, scale }: Bench, url: string, how: Partial<Load>): Promise<number> {
  const options = { ...how, url, connections: 32, threads: 2 }
  if (scale.warmUp > 0) await wrk({ ...options, time: scale.warmUp })
  await server.resetPeak()
  return wrk({ ...options, time: scale.load })
}
