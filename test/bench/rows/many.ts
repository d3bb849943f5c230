/**
 * Many small things.
 * @module
 */

import { settleDisk } from '../disk.ts'
import { ask } from '../push.ts'
import type { Row } from '../row.ts'
import { wrk } from '../wrk.ts'
import { runClient } from './client.ts'
import { pushImage } from './image.ts'

/** Connections over which a registry is filled, which is not measured. */
const FILLERS = 64

export const blobs: Row = {
  name: 'blobs',
  title: ({ blobs, connections }) => `push ${blobs} blobs of 4 KiB over ${connections} connections`,
  unit: 'blobs/s',
  better: 'more',
  needs: [],
  async measure({ server, repository, scale }) {
    const { blobs, connections, warmUp } = scale
    await settleDisk()
    await server.resetPeak()
    const seconds = await runClient('blobs', [repository, blobs, connections, warmUp > 0 ? 100 : 1])
    return blobs / Number(seconds)
  },
}

export const tags: Row = {
  name: 'tags',
  title: ({ tags }) => `list ${tags.toLocaleString('en')} tags`,
  unit: 'lists/s',
  better: 'more',
  needs: ['wrk'],
  async prepare({ repository, payloads, scale }) {
    const manifest = await payloads.text(await pushImage(repository))
    await runClient('tags', [repository, scale.tags, FILLERS], manifest)
    const url = `${repository}/tags/list`
    const listed = JSON.parse((await ask('GET', url, 200)).text) as { tags: string[] }
    if (listed.tags.length < scale.tags) throw new Error(`only ${listed.tags.length} tags are listed at once`)
    return ''
  },
  measure({ repository, scale }) {
    return wrk({ url: `${repository}/tags/list`, time: scale.load, connections: 2, threads: 1 })
  },
}
