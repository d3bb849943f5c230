import { random } from '../engine/index.ts'
import type { Post } from './entry.ts'
import { afterTime, parseKey, placeOf, queuePrefix, timeOf } from './keys.ts'

/** Gives places in queues. */
export interface Places {
  /** A place after all that a queue has. */
  next(hook: string, repo: string): Promise<string>
}

/** Queues whose last time is remembered. */
const MAX_KNOWN = 10_000

/**
 * Places in the order of changes: one that begins after another has been answered comes behind it, also where their
 * replicas have clocks that differ. So it is not enough to look at the clock: what the queue has from now on is listed,
 * which is little also in a queue that is long. What was sent and is gone need not be minded.
 */
export function placesIn({ records, now }: Pick<Post, 'records' | 'now'>): Places {
  const last = new Map<string, number>()
  return {
    async next(hook, repo) {
      const queue = queuePrefix(hook, repo)
      const after = afterTime(hook, repo, Math.max(now() - 1, last.get(queue) ?? 0))
      let listed = 0
      for await (const { key } of records.list(queue, { after })) listed = timeOf(parseKey(key).place)
      // Others may have taken places while this one listed.
      const time = Math.max(now(), listed + 1, (last.get(queue) ?? 0) + 1)
      if (last.size >= MAX_KNOWN) last.clear()
      last.set(queue, time)
      return placeOf(time, random(4))
    },
  }
}
