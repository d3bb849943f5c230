import { breather, decode, encode, OUTBOX } from '../engine/index.ts'
import type { Records, Storage } from '../storage/index.ts'
import { typeOf } from './cloud-event.ts'
import type { OutboxEntry, OutboxView } from './contract.ts'
import type { Entry } from './entry.ts'
import { entryKey, parseKey } from './keys.ts'

/** What is kept in the outbox of a storage, also for receivers that nobody sends to any more. */
export function outboxOf({ records }: Pick<Storage, 'records'>): OutboxView {
  return {
    pending: () => count(records, 'q'),
    undeliverable: () => count(records, 'd'),
    async *list() {
      let last = ''
      for await (const { key, rec } of kept(records, { values: true })) {
        const { repo, place } = parseKey(key)
        // A change has two records; the first tells enough.
        if (last === `${hookOf(key)}/${repo}/${place}`) continue
        last = `${hookOf(key)}/${repo}/${place}`
        yield shown(repo, decode<Entry>(rec!.value))
      }
    },
    async retry(ids) {
      let count = 0
      for await (const { key, rec } of kept(records, { values: true })) {
        if (!isDead(key)) continue
        const { why: _, ...entry } = decode<Entry>(rec!.value)
        if (ids && !ids.includes(entry.id)) continue
        const { repo, place } = parseKey(key)
        // Back to where it stood: before what came later. Killed here: it is sent, and undeliverable still.
        await records.create(entryKey(hookOf(key), repo, place, 'z'), encode(entry))
        await records.drop([key])
        count++
      }
      return count
    },
  }
}

/** All changes of the outbox: those that are sent no more come first, receiver by receiver. */
async function* kept(records: Records, options: { values?: boolean }) {
  const breathe = breather()
  for await (const entry of records.list(OUTBOX, options)) {
    await breathe()
    if (parseKey(entry.key).repo !== '') yield entry
  }
}

async function count(records: Records, kind: 'q' | 'd'): Promise<number> {
  let found = 0
  let last = ''
  for await (const { key } of kept(records, {})) {
    if (key.split('/')[2] !== kind) continue
    const change = kind === 'q' ? key.slice(0, -1) : key
    if (change !== last) found++
    last = change
  }
  return found
}

function hookOf(key: string): string {
  return key.split('/')[1] ?? ''
}

function isDead(key: string): boolean {
  return key.split('/')[2] === 'd'
}

function shown(repository: string, { id, host, time, events, why }: Entry): OutboxEntry {
  const types = [...new Set(events.map(typeOf))]
  return { id, host, repository, time, types, ...(why === undefined ? {} : { why }) }
}
