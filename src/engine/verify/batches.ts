/**
 * Records of a part of the key space, some at a time.
 * @module
 */

import type { Entry } from '../../storage/index.ts'
import { breather } from '../collect/breather.ts'
import { careful } from './judge.ts'
import type { Run } from './run.ts'

/** Records of a batch, and bytes of their values. */
const MAX_ENTRIES = 64
const MAX_BYTES = 8 * 1024 * 1024
/** Records that are read one by one after a listing has failed. */
const ONE_BY_ONE = 16
/** On a storage that shows what was written late, what was written so lately is left to the next check. */
const FRESH = 2 * 60_000

/** The records below `prefix`, after a key. Whoever takes a batch works it off before taking more. */
export async function* batchesOf(
  run: Run,
  prefix: string,
  start: string,
  most: () => number,
): AsyncGenerator<Entry[], void, void> {
  const { records } = run.core.storage
  const breathe = breather()
  let after = start
  for (;;) {
    let batch: Entry[] = []
    let bytes = 0
    try {
      const bounds = after === '' ? run.call : { ...run.call, after }
      for await (const entry of records.list(prefix, { ...bounds, values: true })) {
        await breathe()
        after = entry.key
        if (isFresh(run, entry)) continue
        batch.push(entry)
        bytes += entry.rec!.value.length
        if (batch.length < Math.min(MAX_ENTRIES, most()) && bytes < MAX_BYTES) continue
        yield batch
        batch = []
        bytes = 0
      }
      if (batch.length > 0) yield batch
      return
    } catch (error) {
      if (run.call.signal?.aborted) throw error
    }
    // One of the next ones cannot be read: which one?
    if (batch.length > 0) yield batch
    const keys = await keysAfter(run, prefix, after)
    if (keys.length === 0) return
    after = keys.at(-1)!
    const readable = await readEach(run, keys)
    if (readable.length > 0) yield readable
  }
}

async function keysAfter(run: Run, prefix: string, after: string): Promise<string[]> {
  const bounds = after === '' ? run.call : { ...run.call, after }
  const keys: string[] = []
  for await (const { key } of run.core.storage.records.list(prefix, { ...bounds, limit: ONE_BY_ONE }))
    keys.push(key)
  return keys
}

async function readEach(run: Run, keys: readonly string[]): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const key of keys) {
    await careful(run, key, async () => {
      const rec = await run.core.storage.records.get(key, run.call)
      if (rec) entries.push({ key, rec })
      return false
    })
  }
  return entries
}

function isFresh({ core, alone }: Run, { rec }: Entry): boolean {
  const { consistency, skew } = core.storage.traits
  return !alone && consistency === 'eventual' && core.now() - rec!.modified < FRESH + skew
}
