/** Runs of sending beside each other: what one of them holds up, and what not. */

import { describe, expect, test } from 'vitest'
import { createStore, memory, type WebhookOptions, webhooks } from '../../src/index.ts'
import type { Tag } from '../../src/oci/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { leasesOf } from '../../src/webhooks/lease.ts'
import { until } from '../node/raw.ts'
import { emptyIndex, INDEX } from '../server/http.ts'
import { hooked, SOON } from './hooked.ts'
import { receiver, SECRET, tagsOf } from './receiver.ts'

const bytesOf = (text: string) => new TextEncoder().encode(emptyIndex(text))

test('whoever waits for the run of somebody else can stop waiting', async () => {
  await using to = await receiver()
  await using on = hooked(to.url, { options: { timeout: 30_000 } })
  to.react = () => 'silence'
  await on.push('v1')
  await until(() => to.asked.length > 0)
  const stop = new AbortController()
  const waiting = on.kit.webhooks.drain(undefined, { signal: stop.signal })
  stop.abort()
  // The test would end before the receiver is given up.
  expect(await waiting).toEqual({ sent: 0, failed: 0, undeliverable: 0 })
  expect(await on.kit.webhooks.pending()).toBe(1)
})

test('a silent receiver keeps no other one waiting', async () => {
  await using silent = await receiver()
  await using to = await receiver()
  silent.react = () => 'silence'
  const hooks = [silent, to].map(({ url }) => ({ url, secret: SECRET, types: ['tag' as const] }))
  const storage = memory()
  const told = webhooks(hooks, { ...SOON, timeout: 30_000 })
  const { registry, outbox } = told.over(createStore({ storage }), { storage })
  await registry.pushManifest('a', bytesOf('1'), INDEX, { tags: ['v1' as Tag] })
  await until(() => silent.asked.length > 0)
  await registry.pushManifest('a', bytesOf('2'), INDEX, { tags: ['v2' as Tag] })
  await until(() => to.received.length === 2)
  expect(tagsOf(to.received)).toEqual(['v1', 'v2'])
  expect(silent.asked).toHaveLength(1)
  await outbox.close()
})

/** A storage whose lists are counted, and one of which fails. */
function watched(inner: Storage) {
  const seen: { listed: number; broken: string | null } = { listed: 0, broken: null }
  const { records } = inner
  const list: typeof records.list = async function* (prefix, options) {
    if (seen.broken !== null && prefix.endsWith(seen.broken)) throw new Error('the disk is broken')
    for await (const entry of records.list(prefix, options)) {
      seen.listed++
      yield entry
    }
  }
  return { storage: { ...inner, records: { ...records, list } }, seen }
}

test('a queue that cannot be read keeps no other one waiting, and nothing is sent behind a run', async () => {
  await using to = await receiver()
  const { storage, seen } = watched(memory())
  await using on = hooked(to.url, { storage })
  const repos = ['a', 'b', 'c', 'd', 'e', 'f']
  to.react = () => 503
  for (const repo of repos) await on.push('v1', repo)
  seen.broken = '/a!/'
  // Runs that began before that are over.
  await on.kit.webhooks.drain().catch(() => {})
  to.react = () => new Promise((resolve) => setTimeout(resolve, 20, 204))
  const asked = to.asked.length
  const run = async () => {
    const failure = await on.kit.webhooks.drain().then(
      () => null,
      (error: Error) => error.message,
    )
    expect(to.asked.length - asked).toBe(to.received.length)
    return { failure, told: to.received.map(({ subject }) => subject).sort() }
  }
  const told = repos.slice(1).map((repo) => `${repo}:v1`)
  await expect.poll(run, { timeout: 15_000 }).toEqual({ failure: 'the disk is broken', told })
  seen.broken = null
  await on.drained()
  expect(to.received.map(({ subject }) => subject)).toContain('a:v1')
})

test('a change does not read what waits already', async () => {
  await using to = await receiver()
  to.react = () => 503
  const { storage, seen } = watched(memory())
  const options = { wait: { first: 600_000, longest: 600_000 } }
  await using one = hooked(to.url, { storage, options })
  for (let i = 0; i < 40; i++) await one.push(`v${i}`)
  await one.kit.webhooks.drain()
  expect(await one.kit.webhooks.pending()).toBe(40)
  await using two = hooked(to.url, { storage, options })
  const before = seen.listed
  await two.push('last')
  // 40 wait; it sees little more than its own.
  expect(seen.listed - before).toBeLessThan(20)
})

test('what a killed process has begun is told as unknown in time, also where clocks may differ by much', async () => {
  await using to = await receiver()
  const inner = memory()
  const storage = { ...inner, traits: { ...inner.traits, skew: 900_000 } }
  const { records } = storage
  const create: typeof records.create = (key, ...rest) =>
    /^outbox\/.*z$/.test(key) ? new Promise(() => {}) : records.create(key, ...rest)
  // Killed when it was about to say how the change has ended.
  await hooked(to.url, { storage: { ...storage, records: { ...records, create } } }).push('v1')
  await using on = hooked(to.url, { storage })
  await on.push('v2')
  const before = performance.now()
  await on.drained()
  expect(performance.now() - before).toBeGreaterThan(SOON.patience!)
  expect(tagsOf(to.received)).toEqual(['v1', 'v2'])
  expect(to.received.map(({ data }) => data['outcome'])).toEqual(['unknown', 'done'])
})

describe('a lease', () => {
  const leaseOf = (storage: Storage) =>
    leasesOf({
      records: storage.records,
      skew: 0,
      now: Date.now,
      report: () => {},
      options: { ...SOON, source: '/', timeout: 1, fetch } as Required<WebhookOptions>,
    })

  test('is renewed once for all who send, and kept', async () => {
    const leases = leaseOf(memory())
    expect(await leases.take('hook')).toBe(true)
    for (let i = 0; i < 3; i++) {
      // Older than half of its time.
      const at = performance.now()
      await until(() => performance.now() - at > 2)
      const held = await Promise.all(Array.from({ length: 4 }, () => leases.hold('hook')))
      expect(held).toEqual([true, true, true, true])
    }
  })

  test('that cannot be given back stops no end', async () => {
    const storage = memory()
    const remove = () => Promise.reject(new Error('the disk is broken'))
    const leases = leaseOf({ ...storage, records: { ...storage.records, remove } })
    expect(await leases.take('hook')).toBe(true)
    await leases.end()
    expect(await leases.hold('hook')).toBe(false)
  })
})
