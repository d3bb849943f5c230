import { decode, encode } from '../engine/index.ts'
import { type Entry, type Post, readEntry } from './entry.ts'
import type { Hook } from './hook.ts'
import { afterQueue, entryKey, parseKey, queuePrefix, queuesPrefix } from './keys.ts'
import type { Outlasted } from './outlasted.ts'

/** A change in a queue. */
export interface Queued {
  readonly place: string
  readonly entry: Entry
}

/** Repositories with something in their queues. */
export async function* queuedRepositories({ records }: Post, hook: Hook): AsyncGenerator<string, void, void> {
  let after: string | undefined
  for (;;) {
    const bounds = after === undefined ? {} : { after }
    let found: string | undefined
    for await (const { key } of records.list(queuesPrefix(hook.id), { ...bounds, limit: 1 })) found = key
    if (found === undefined) return
    const { repo } = parseKey(found)
    if (repo !== '') yield repo
    // A key that nobody here has written is passed over.
    after = repo === '' ? found : afterQueue(hook.id, repo)
  }
}

/** Records that are read at a time. */
const BATCH = 20

/**
 * The changes of a queue that are over, in order, up to the first one that is not. Whoever takes one takes it out of
 * the queue before taking more.
 * @param isOld Whether a change has been under way for too long.
 */
export async function* queued(
  post: Post,
  hook: Hook,
  repo: string,
  isOld: Outlasted,
): AsyncGenerator<Queued, void, void> {
  for (;;) {
    const batch: (Queued & { readonly isOver: boolean; readonly modified: number })[] = []
    const bounds = { values: true, limit: BATCH }
    for await (const { key, rec } of post.records.list(queuePrefix(hook.id, repo), bounds)) {
      const { place, what } = parseKey(key)
      const entry = decode<Entry>(rec!.value)
      batch.push({ place, entry, isOver: what === 'z', modified: rec!.modified })
    }
    for (const [i, { place, entry, isOver, modified }] of batch.entries()) {
      // Its end comes next.
      if (batch[i + 1]?.place === place) continue
      const over = isOver ? entry : await ended(post, hook, repo, place, { entry, modified }, isOld)
      if (!over) return
      yield { place, entry: over }
    }
    if (batch.length === 0) return
  }
}

/**
 * How a change has ended of which only the begin was seen: its end may be there by now. If not, it is waited for; one
 * that is old was left by a process that is gone, and is ended for it. Only one of the two can write that.
 * @returns `null` if it is still under way, or was taken back.
 */
async function ended(
  { records }: Post,
  hook: Hook,
  repo: string,
  place: string,
  { entry, modified }: { entry: Entry; modified: number },
  isOld: Outlasted,
): Promise<Entry | null> {
  const key = entryKey(hook.id, repo, place, 'z')
  const over = await readEntry(records, key)
  if (over) return over
  if (!isOld(queuePrefix(hook.id, repo), place, modified)) return null
  const unknown: Entry = { ...entry, outcome: 'unknown' }
  return (await records.create(key, encode(unknown))) === null ? readEntry(records, key) : unknown
}
