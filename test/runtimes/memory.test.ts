/** Memory that an upload takes which does not say how long it is. `npm run bench -- --runtimes` does it with 1 GiB. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runClient } from '../bench/rows/client.ts'
import { GROUPS } from '../bench/runtimes.ts'
import { dataFolder } from '../bench/scratch.ts'
import type { Server } from '../bench/server.ts'
import { commandOf, ROOT } from '../bench/subject.ts'
import { describeBucket } from '../storage/s3/bucket.ts'

const MIB = 1024 * 1024
const WARM_UP = 32
const LARGE = 160
const LIMIT = 80 * MIB
const LONG = { timeout: 120_000 }

type Group = Awaited<ReturnType<(typeof GROUPS)[string]>>

/** How much the peak of a server rises by a streamed PATCH, after one that warmed it up. */
async function raisedBy(group: Group, name: string): Promise<number> {
  const subject = await group.subjects[name]!()
  await using server = await subject.start(dataFolder().path)
  const repository = `${server.url}/v2/memory/a`
  await runClient('huge', [repository, WARM_UP])
  const before = await peakOf(server)
  await runClient('huge', [repository, LARGE])
  return (await peakOf(server)) - before
}

async function peakOf(server: Server): Promise<number> {
  const peak = await server.peak()
  if (peak === null) throw new Error('this system does not tell the memory of a process')
  return peak
}

async function groupOf(storage: string): Promise<Group> {
  return GROUPS[storage]!({ install: false, command: await commandOf(ROOT, false) })
}

const limits = `${LARGE} MiB raise the peak by less than ${LIMIT / MIB} MiB`

describeBucket(`an upload of unknown length to a bucket`, () => {
  let group: Group
  beforeAll(async () => {
    group = await groupOf('s3')
  })
  afterAll(() => group?.[Symbol.asyncDispose]())

  test.runIf(process.platform === 'linux').each(['node+s3', 'bun+s3'])(
    `%s: ${limits}`,
    LONG,
    async (name) => {
      expect(await raisedBy(group, name)).toBeLessThan(LIMIT)
    },
  )
})

describe.runIf(process.platform === 'linux')('an upload of unknown length to R2', () => {
  test(`${limits} more than on a bare worker`, LONG, async () => {
    await using group = await groupOf('r2')
    const bare = await raisedBy(group, 'bare worker')
    expect(await raisedBy(group, 'workerd+r2')).toBeLessThan(bare + LIMIT)
  })
})
