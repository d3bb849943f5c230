import { breather, decode, OUTBOX } from '../engine/index.ts'
import type { Records } from '../storage/index.ts'
import type { Entry } from './entry.ts'
import { hookId, hookPrefix, parseKey } from './keys.ts'

/** Keys that are removed at a time. */
const BATCH = 100

/**
 * Removes all that is kept for a receiver, its lease, too. Whoever still sends to it sends what it has read of it before,
 * and goes on with what comes after this.
 * @param receiver Its URL, or the host of one or several.
 * @returns how many changes it had.
 */
export async function forget(records: Records, receiver: string): Promise<number> {
  const hooks = /^https?:/i.test(receiver) ? [hookId(receiver)] : await hooksAt(records, receiver)
  let count = 0
  for (const hook of hooks) count += await removeAll(records, hook)
  return count
}

/** Receivers at a host: what they are called in keys tells nothing. */
async function hooksAt(records: Records, host: string): Promise<string[]> {
  const found = new Map<string, boolean>()
  const breathe = breather()
  for await (const { key, rec } of records.list(OUTBOX, { values: true })) {
    await breathe()
    const [, hook = ''] = key.split('/')
    if (parseKey(key).repo === '' || found.has(hook)) continue
    found.set(hook, decode<Entry>(rec!.value).host === host)
  }
  return [...found].flatMap(([hook, isThere]) => (isThere ? [hook] : []))
}

async function removeAll(records: Records, hook: string): Promise<number> {
  const changes = new Set<string>()
  const breathe = breather()
  let keys: string[] = []
  for await (const { key } of records.list(hookPrefix(hook))) {
    await breathe()
    const { repo, place } = parseKey(key)
    if (repo === '') {
      // Written again and again by whoever sends.
      const rec = await records.get(key)
      if (rec) await records.remove(key, rec.version)
      continue
    }
    changes.add(`${repo} ${place}`)
    keys.push(key)
    if (keys.length < BATCH) continue
    await records.drop(keys)
    keys = []
  }
  if (keys.length > 0) await records.drop(keys)
  return changes.size
}
