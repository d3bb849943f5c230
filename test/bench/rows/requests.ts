/**
 * Small answers: how many in a second.
 * @module
 */

import { fileURLToPath } from 'node:url'
import { ask, withDigest } from '../push.ts'
import type { Bench, Row } from '../row.ts'
import { MIDDLE, TAGGED } from '../servers/names.ts'
import { type Load, wrk } from '../wrk.ts'
import { EMPTY, MANIFEST, pushImage } from './image.ts'

/** Entries of a page. */
const PAGE = 100

const HEAD = fileURLToPath(new URL('head.lua', import.meta.url))

export const manifest: Row = {
  name: 'manifest',
  title: () => 'GET manifest by tag',
  unit: 'req/s',
  better: 'more',
  needs: ['wrk'],
  async measure(bench) {
    const { authorization } = bench.server
    await pushImage(bench.repository, authorization)
    const headers = [`Accept: ${MANIFEST}`]
    if (authorization !== undefined) headers.push(`Authorization: ${authorization}`)
    return load(bench, `${bench.repository}/manifests/latest`, { headers })
  },
}

/** The same, for who has to show who they are. */
export const users: Row = { ...manifest, name: 'users' }

export const catalogPage: Row = page(
  'catalog-page',
  `catalog, page of ${PAGE}`,
  `_catalog?last=${MIDDLE.repository}`,
)
export const tagsPage: Row = page(
  'tags-page',
  `tags, page of ${PAGE}`,
  `${TAGGED}/tags/list?last=${MIDDLE.tag}`,
)

/** A page from the middle of a list. */
function page(name: string, title: string, path: string): Row {
  return {
    name,
    title: () => title,
    unit: 'req/s',
    better: 'more',
    needs: ['wrk'],
    async measure(bench) {
      const { server } = bench
      const url = `${server.url}/v2/${path}&n=${PAGE}`
      const { text } = await ask('GET', url, 200)
      const [listed] = Object.values(JSON.parse(text) as Record<string, unknown>).filter(Array.isArray)
      if (listed?.length !== PAGE) throw new Error(`${url}: ${listed?.length} entries, not ${PAGE}`)
      return load(bench, url, {})
    },
  }
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
