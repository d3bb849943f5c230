import { breather, decode, encode, OUTBOX } from '../engine/index.ts'
import type { Records, Storage } from '../storage/index.ts'
import { typeOf } from './cloud-event.ts'
import type { OutboxCounts, OutboxEntry, OutboxView } from './contract.ts'
import type { Entry } from './entry.ts'
import { forget } from './forget.ts'
import { entryKey, parseKey } from './keys.ts'

/** What is kept in the outbox of a storage, also for receivers that nobody sends to any more. */
export function outboxOf({ records }: Pick<Storage, 'records'>): OutboxView {
  return {
    pending: async () => (await counts(records)).pending,
    undeliverable: async () => (await counts(records)).undeliverable,
    counts: () => counts(records),
    async *list() {
      let last = ''
      for await (const { key, rec } of kept(records, { values: true })) {
        // A change has two records; the first tells enough.
        if (last === changeOf(key)) continue
        last = changeOf(key)
        yield shown(parseKey(key).repo, decode<Entry>(rec!.value))
      }
    },
    async retry(ids) {
      let count = 0
      for await (const { key, entry } of dead(records, ids)) {
        const { why: _, ...again } = entry
        const { repo, place } = parseKey(key)
        // Back to where it stood: before what came later. Killed here: it is sent, and undeliverable still.
        const version = await records.create(entryKey(hookOf(key), repo, place, 'z'), encode(again))
        // Who gives it up is about to take it out of its queue: that would be the last of it.
        if (version === null) continue
        await records.drop([key])
        count++
      }
      return count
    },
    async drop(ids) {
      let count = 0
      for await (const { key } of dead(records, ids)) {
        await records.drop([key])
        count++
      }
      return count
    },
    forget: (receiver) => forget(records, receiver),
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

/** Changes that are sent no more: those with these ids, or all. */
async function* dead(records: Records, ids: readonly string[] | undefined) {
  for await (const { key, rec } of kept(records, { values: true })) {
    if (!isDead(key)) continue
    const entry = decode<Entry>(rec!.value)
    if (!ids || ids.includes(entry.id)) yield { key, entry }
  }
}

async function counts(records: Records): Promise<OutboxCounts> {
  let [pending, undeliverable] = [0, 0]
  let last = ''
  for await (const { key } of kept(records, {})) {
    if (last === changeOf(key)) continue
    last = changeOf(key)
    if (isDead(key)) undeliverable++
    else pending++
  }
  return { pending, undeliverable }
}

function hookOf(key: string): string {
  return key.split('/')[1] ?? ''
}

function isDead(key: string): boolean {
  return key.split('/')[2] === 'd'
}

/** The same for both records of a change that waits. */
function changeOf(key: string): string {
  return isDead(key) ? key : key.slice(0, -1)
}

function shown(repository: string, { id, host, time, events, why }: Entry): OutboxEntry {
  const types = [...new Set(events.map(typeOf))]
  return { id, host, repository, time, types, ...(why === undefined ? {} : { why }) }
}
