/**
 * Layers: how fast the bytes go in and out.
 * @module
 */

import { settleDisk } from '../disk.ts'
import { patchBlob, putBlob } from '../push.ts'
import type { Bench, Row } from '../row.ts'
import { run } from '../run.ts'
import { bytes, MIB, type Scale } from '../scale.ts'

const WARM_UP = 4 * MIB
const PULLS = 3

type Size = (scale: Scale) => number
const layer: Size = (scale) => scale.layer
const large: Size = (scale) => scale.large

export const put: Row = push('put', layer, 'POST+PUT', putBlob)
export const putLarge: Row = push('put-large', large, 'POST+PUT', putBlob)
export const patch: Row = push('patch', layer, 'streamed PATCH', patchBlob)
export const patchLarge: Row = push('patch-large', large, 'streamed PATCH', patchBlob)

function push(name: string, size: Size, how: string, send: typeof putBlob): Row {
  return {
    name,
    title: (scale) => `push ${bytes(size(scale))}, ${how}`,
    unit: 'MiB/s',
    better: 'more',
    needs: ['curl'],
    space: size,
    disk: size,
    async measure({ server, repository, payloads, scale }) {
      await send(repository, await payloads.fresh(WARM_UP))
      const payload = await payloads.fresh(size(scale))
      await settleDisk()
      await server.resetPeak()
      return payload.size / MIB / (await send(repository, payload))
    },
  }
}

/** The best of a few pulls in a row: the file is in the cache of the system, so only the server can be slow. */
export const pull: Row = {
  name: 'pull',
  title: (scale) => `pull ${bytes(scale.large)}`,
  unit: 'MiB/s',
  better: 'more',
  needs: ['curl'],
  space: large,
  async prepare({ repository, payloads, scale }) {
    const payload = await payloads.fresh(scale.large)
    await putBlob(repository, payload)
    return payload.digest
  },
  async measure({ repository, prepared, scale }: Bench) {
    const rates: number[] = []
    for (let i = 0; i < PULLS; i++) rates.push(await rateOf(`${repository}/blobs/${prepared}`, scale.large))
    return Math.max(...rates)
  },
}

async function rateOf(url: string, size: number): Promise<number> {
  const text = await run('curl', [
    '-s',
    '-S',
    '-f',
    '-L',
    '-o',
    '/dev/null',
    '-w',
    '%{size_download} %{time_total}',
    url,
  ])
  const [got, seconds] = text.split(' ').map(Number)
  if (got !== size) throw new Error(`${url}: ${got} bytes, not ${size}`)
  return size / MIB / seconds!
}
