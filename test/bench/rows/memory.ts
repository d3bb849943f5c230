/**
 * How much memory it takes, where it could take much.
 * @module
 */

import { patchBlob, putBlob } from '../push.ts'
import type { Row } from '../row.ts'
import { bytes, MIB } from '../scale.ts'
import type { Server } from '../server.ts'
import { runClient } from './client.ts'

/** A few pieces, so that everything that is made once is there. */
const WARM_UP = 32 * MIB

const common = { unit: 'MiB', better: 'less', rounds: 1 } as const

export const pushMemory: Row = {
  ...common,
  name: 'push-memory',
  title: (scale) => `peak memory, push of ${bytes(scale.huge)}`,
  needs: [],
  space: (scale) => scale.huge,
  async measure({ server, repository, scale }) {
    await runClient('huge', [repository, scale.huge / MIB])
    return peakOf(server)
  },
}

/** The peak after the push less the peak after the first one, which was small. */
export const patchMemory: Row = {
  name: 'patch-memory',
  title: (scale) => `memory raised by a streamed PATCH of ${bytes(scale.large)}`,
  unit: 'MiB',
  better: 'less',
  needs: ['curl'],
  space: (scale) => scale.large,
  async measure({ server, repository, payloads, scale }) {
    await patchBlob(repository, await payloads.fresh(WARM_UP))
    const before = await peakOf(server)
    await patchBlob(repository, await payloads.fresh(scale.large))
    // The kernel counts by estimates of a few pages.
    return Math.max(0, (await peakOf(server)) - before)
  },
}

export const pullMemory: Row = {
  ...common,
  name: 'pull-memory',
  title: (scale) => `peak memory, ${scale.pulls} slow pulls of ${bytes(scale.layer)}`,
  needs: ['curl'],
  space: (scale) => scale.layer,
  async measure({ server, repository, payloads, scale }) {
    const payload = await payloads.fresh(scale.layer)
    await putBlob(repository, payload)
    await server.resetPeak()
    const url = `${repository}/blobs/${payload.digest}`
    const least = Number(await runClient('slow', [url, scale.pulls, scale.pullTime]))
    if (!(least > 0)) throw new Error('not everybody got something')
    return peakOf(server)
  },
}

async function peakOf(server: Server): Promise<number> {
  const peak = await server.peak()
  if (peak === null) throw new Error('this system does not tell the memory of a process')
  return peak / MIB
}
