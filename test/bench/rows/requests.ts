/**
 * Small answers: how many in a second.
 * @module
 */

import { fileURLToPath } from 'node:url'
import { ask, withDigest } from '../push.ts'
import { median } from '../report.ts'
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

/** The same, for who has to show who they are: in turns, since logging in costs less than a machine's moods. */
export const users: Row = {
  ...manifest,
  name: 'users',
  turns: ({ turns }) => turns,
  measure: (bench) => {
    const { scale, turn } = bench
    return manifest.measure({ ...bench, scale: { ...scale, load: 1, warmUp: turn === 0 ? scale.warmUp : 0 } })
  },
}

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

/** The same in a folder, which is read once. */
export const filesPage: Row = { ...tagsPage, name: 'tags-page-files' }

/** How often it is looked, for a figure. */
const LOOKS = 21

/** And when a tag has just come, so that what was read before is no longer true. */
export const freshPage: Row = {
  name: 'tags-page-fresh',
  title: () => `tags, page of ${PAGE} after a push`,
  unit: 'ms',
  better: 'less',
  needs: [],
  async measure({ server }) {
    const repository = `${server.url}/v2/${TAGGED}`
    const body = await pushImage(repository)
    const times: number[] = []
    for (let i = 0; i < LOOKS; i++) {
      await ask('PUT', `${repository}/manifests/fresh-${i}`, 201, { body, type: MANIFEST })
      const { seconds } = await ask('GET', `${repository}/tags/list?last=${MIDDLE.tag}&n=${PAGE}`, 200)
      times.push(seconds * 1000)
      await ask('DELETE', `${repository}/manifests/fresh-${i}`, 202)
    }
    return median(times)!
  },
}

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
