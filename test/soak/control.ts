/**
 * A registry with a fast clock over a storage that fails now and then, whose collectors and whose clock a test drives
 * over HTTP: the same on Node and in a Worker.
 * @module
 */

import type { References } from '../../src/engine/collect/run.ts'
import { type Logger, ocikit, open } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { type FastClock, timed } from './clock.ts'
import { collectOnce, collectUntil, GRACE } from './collectors.ts'
import { faulty, isFault } from './faults.ts'
import { leftToDo, storedIn } from './live-set.ts'

const HOUR = 3_600_000
/** Stores over one storage, which know nothing of each other. */
const REPLICAS = 2

const nothing = () => {}
const logger: Logger = { debug: nothing, info: nothing, warn: nothing, error: console.error }

/** Answers requests to `/v2/`, and those of the test to `/soak/`. */
export function controlled(inner: Storage, clock: FastClock): (request: Request) => Promise<Response> {
  const faults = faulty(timed(inner, clock))
  const { storage } = faults
  const kits = Array.from({ length: REPLICAS }, () =>
    ocikit({ storage, auth: open(), now: clock.now, uploadExpiry: GRACE, logger }),
  )
  const references: References = new Map()
  let turn = 0
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url)
    switch (pathname) {
      case '/soak/collect': {
        const call = Number(searchParams.get('until') ?? Number.POSITIVE_INFINITY)
        const run = collectUntil(storage, clock, references, call)
        return Response.json(await run.catch(orFault))
      }
      case '/soak/later': {
        faults.stop()
        clock.jump(Number(searchParams.get('hours')) * HOUR)
        const { contents } = await collectOnce(storage, clock, references)
        return Response.json({ contents, left: (await leftToDo(storage)).length })
      }
      case '/soak/stored':
        return Response.json(await storedIn(storage))
      default:
        return kits[turn++ % REPLICAS]!.fetch(request)
    }
  }
}

/** A collector that meets a fault has ended there. */
function orFault(error: unknown): Awaited<ReturnType<typeof collectUntil>> {
  if (!isFault(error)) throw error
  return { contents: 0, died: true }
}
