/** A process that is killed at each call of its storage: what it did and what is told of it agree. */

import { describe, expect, test } from 'vitest'
import { memory, type Ocikit, ocikit, open } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { mortal } from '../crash/mortal.ts'
import { digestOf, emptyIndex, INDEX, pushBlob, pushIndex, send } from '../server/http.ts'
import { type Hooked, hooked } from './hooked.ts'
import { type Received, receiver } from './receiver.ts'

const BODY = emptyIndex('the one')

interface Change {
  readonly name: string
  prepare(kit: Ocikit): Promise<unknown>
  /** The status of the answer. */
  make(on: Hooked): Promise<number>
  /** Whether it has taken effect. */
  isDone(on: Hooked): Promise<boolean>
  isTold(event: Received): boolean
  /** What is done is told, also if it was never answered. */
  readonly always: boolean
}

const get = async (on: Hooked, path: string) => (await send(on.kit, 'HEAD', path)).status === 200

const changes: readonly Change[] = [
  {
    name: 'push of a manifest by tag',
    prepare: async () => {},
    make: async (on) => (await pushIndex(on.kit, 'a', 'v1', { body: BODY })).status,
    isDone: (on) => get(on, '/v2/a/manifests/v1'),
    isTold: ({ subject }) => subject === 'a:v1',
    always: true,
  },
  {
    name: 'delete of a tag',
    prepare: (kit) => pushIndex(kit, 'a', 'v1', { body: BODY }),
    make: (on) => on.remove('v1'),
    isDone: async (on) => !(await get(on, '/v2/a/manifests/v1')),
    isTold: ({ type, subject }) => type === 'dev.ocikit.delete' && subject === 'a:v1',
    always: true,
  },
  {
    name: 'delete of a manifest',
    prepare: (kit) => pushIndex(kit, 'a', 'v1', { body: BODY }),
    make: (on) => on.remove(digestOf(BODY)),
    isDone: async (on) => !(await get(on, `/v2/a/manifests/${digestOf(BODY)}`)),
    isTold: ({ type, subject }) => type === 'dev.ocikit.delete' && subject === `a@${digestOf(BODY)}`,
    always: true,
  },
  {
    name: 'push of a blob',
    prepare: async () => {},
    make: async (on) => {
      await pushBlob(on.kit, 'a', 'content')
      return 201
    },
    isDone: (on) => get(on, `/v2/a/blobs/${digestOf('content')}`),
    isTold: ({ type }) => type === 'dev.ocikit.blob',
    always: false,
  },
]

/** Kills a process at call `k`, lets another one send, and says what is seen. */
async function killedAt(change: Change, k: number) {
  await using to = await receiver()
  const storage: Storage = memory()
  const webhook = { types: ['manifest', 'tag', 'delete', 'blob'] } as const
  const options = { timeout: 200, patience: 100 }
  await change.prepare(ocikit({ storage, auth: open() }))
  const life = mortal(storage, k)
  const dying = hooked(to.url, { storage: life.storage, webhook, options })
  const answer = await Promise.race([
    change.make(dying).catch(() => null),
    // Dead, or so slow that it might be.
    life.death.then(() => null),
  ])
  const died = await Promise.race([life.death.then(() => true), settled(dying)])
  await using after = hooked(to.url, { storage, webhook, options })
  await after.drained()
  const told = to.received.filter(change.isTold)
  expect(to.wrong).toEqual([])
  return { answer, died, done: await change.isDone(after), told }
}

/** Resolves to false when nothing is left to do. */
async function settled(on: Hooked): Promise<false> {
  await on.drained()
  return false
}

/** Lives that are tried at once: most of each is waiting. */
const AT_ONCE = 8

describe.each(changes)('$name', (change) => {
  test('what was answered is told, and what is told as done is done', async () => {
    const seen = { unanswered: 0, unknown: 0, done: 0 }
    let last = 0
    for (let from = 1; last === 0; from += AT_ONCE) {
      const calls = Array.from({ length: AT_ONCE }, (_, i) => from + i)
      const lives = await Promise.all(calls.map((k) => killedAt(change, k)))
      for (const [i, { answer, died, done, told }] of lives.entries()) {
        const outcomes = told.map(({ data }) => data['outcome'])
        const where = `killed at call ${from + i}: ${JSON.stringify({ answer, done, outcomes })}`
        if (answer !== null) expect(done && told.length > 0, where).toBe(true)
        if (done && change.always) expect(told.length, where).toBeGreaterThan(0)
        if (outcomes.includes('done')) expect(done, where).toBe(true)
        expect(new Set(told.map(({ id }) => id)).size, where).toBeLessThanOrEqual(1)
        if (answer === null) seen.unanswered++
        if (outcomes.includes('unknown')) seen.unknown++
        if (outcomes.includes('done')) seen.done++
        if (!died) last = from + i
      }
    }
    // It was killed before, in and after the change.
    expect(last).toBeGreaterThan(6)
    expect(seen.unanswered).toBeGreaterThan(2)
    expect(seen.done).toBeGreaterThan(0)
    if (change.always) expect(seen.unknown).toBeGreaterThan(0)
  }, 60_000)
})

test('a spoiled outbox stops no push of what nobody wants to know', async () => {
  const storage = memory()
  const broken = (): never => {
    throw new Error('the disk is broken')
  }
  const spoiled: Storage = {
    ...storage,
    records: {
      ...storage.records,
      create: (key, ...rest) => (key.startsWith('outbox/') ? broken() : storage.records.create(key, ...rest)),
    },
  }
  await using on = hooked('http://127.0.0.1:1/nobody', {
    storage: spoiled,
    webhook: { repositories: ['told'] },
  })
  expect((await pushIndex(on.kit, 'other', 'v1')).status).toBe(201)
  // Without an entry nothing is changed.
  expect((await pushIndex(on.kit, 'told', 'v1')).status).toBe(500)
  expect((await send(on.kit, 'GET', '/v2/told/manifests/v1', { headers: { accept: INDEX } })).status).toBe(
    404,
  )
})
