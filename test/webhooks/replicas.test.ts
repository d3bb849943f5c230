/** Several processes over one storage, and one that is killed. */

import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { serve } from '../../adapters/cloudflare/index.ts'
import { s3 } from '../../adapters/storage/s3/index.ts'
import { memory } from '../../src/index.ts'
import { temporaryFolder } from '../clients/process.ts'
import { startServer } from '../runtimes/bun/start.ts'
import { emptyIndex, INDEX } from '../server/http.ts'
import { fakeStore } from '../storage/s3/fake.ts'
import { drained, hooked } from './hooked.ts'
import { idsOf, receiver, tagsOf } from './receiver.ts'

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

describe('two replicas over one storage', () => {
  test('send each event once, those of a repository in the order of their answers', async () => {
    await using to = await receiver()
    const storage = memory()
    await using one = hooked(to.url, { storage })
    await using two = hooked(to.url, { storage })
    // In turn: each is answered before the other one begins.
    for (const [i, tag] of names('v', 20).entries()) await (i % 2 === 0 ? one : two).push(tag)
    await one.drained()
    await two.drained()
    expect(tagsOf(to.received)).toEqual(names('v', 20))
    expect(to.asked).toHaveLength(20)
    expect(to.busiest()).toBe(1)
  })

  test.each([
    ['deletes conditionally', []],
    ['does not', ['delete if-match' as const]],
  ])('share a bucket that %s', async (_, ignores) => {
    await using to = await receiver()
    let turn = 0
    to.react = () => (++turn % 3 === 0 ? 500 : 204)
    const bucket = fakeStore({ ignores })
    // A clock that is far behind would end each lease at once.
    bucket.now = Date.now()
    const { options } = bucket
    await using one = hooked(to.url, { storage: await s3(options) })
    await using two = hooked(to.url, { storage: await s3(options) })
    for (const [i, tag] of names('v', 8).entries()) await (i % 2 === 0 ? one : two).push(tag)
    await Promise.all([one.drained(), two.drained()])
    expect(tagsOf(to.received)).toEqual(names('v', 8))
    expect(to.received).toHaveLength(8)
    expect(to.busiest()).toBe(1)
  })

  test('have clocks that differ: the order is kept', async () => {
    await using to = await receiver()
    await to.kill()
    const storage = memory()
    const shifted = { ...storage, traits: { ...storage.traits, skew: 60_000 } }
    await using one = hooked(to.url, { storage: shifted, now: () => Date.now() + 30_000 })
    await using two = hooked(to.url, { storage: shifted })
    for (const [i, tag] of names('v', 10).entries()) await (i % 2 === 0 ? one : two).push(tag)
    await to.revive()
    await one.drained()
    expect(tagsOf(to.received)).toEqual(names('v', 10))
  })

  test('do not send at once, and one goes on when the other one is gone', async () => {
    await using to = await receiver()
    const storage = memory()
    const one = hooked(to.url, { storage })
    await using two = hooked(to.url, { storage })
    let release = () => {}
    to.react = () =>
      new Promise((resolve) => {
        release = () => resolve(204)
      })
    await one.push('v1')
    const under = one.kit.webhooks.drain()
    while (to.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    // The other one finds the lease taken.
    expect(await two.kit.webhooks.drain()).toEqual({ sent: 0, failed: 0, undeliverable: 0 })
    expect(to.asked).toHaveLength(1)
    release()
    to.react = () => 204
    await under
    // An orderly end gives the lease back at once.
    await one.kit.close()
    await two.push('v2')
    await two.drained()
    expect(tagsOf(to.received)).toEqual(['v1', 'v2'])
    expect(to.busiest()).toBe(1)
  })

  test('lose nothing while the receiver comes and goes', async () => {
    await using to = await receiver()
    let turn = 0
    to.react = () => (++turn % 3 === 0 ? 503 : 204)
    const storage = memory()
    await using one = hooked(to.url, { storage })
    await using two = hooked(to.url, { storage })
    const pushAll = async (on: typeof one, repo: string) => {
      for (const tag of names('v', 10)) await on.push(tag, repo)
    }
    await Promise.all([pushAll(one, 'a'), pushAll(two, 'b'), pushAll(one, 'c/d'), pushAll(two, 'c')])
    await Promise.all([drained(one.kit), drained(two.kit)])
    for (const repo of ['a', 'b', 'c/d', 'c']) expect(tagsOf(to.received, repo)).toEqual(names('v', 10))
    expect(idsOf(to.received)).toHaveLength(40)
  })
})

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url))

/** Starts a registry over a folder in a process of its own. */
const start = (data: string, hook: string) => startServer(process.execPath, [SERVER, data, hook])

test('a server that is killed again and again: every answered push is told, in order', async () => {
  const folder = await temporaryFolder()
  try {
    await using to = await receiver()
    let turn = 0
    to.react = () => (++turn % 4 === 0 ? 500 : 204)
    const acknowledged: string[] = []
    for (let life = 0; life < 3; life++) {
      await using server = await start(folder.path, to.url)
      let killed: Promise<unknown> | null = null
      for (let i = 0; ; i++) {
        const tag = `l${life}-${String(i).padStart(3, '0')}`
        const answer = await fetch(`${server.url}/v2/a/manifests/${tag}`, {
          method: 'PUT',
          headers: { 'content-type': INDEX },
          body: emptyIndex(tag),
        }).catch(() => null)
        if (!answer) break
        expect(answer.status).toBe(201)
        acknowledged.push(tag)
        // In the middle of some later push, or of what is sent.
        if (i === 2) killed = new Promise((resolve) => setTimeout(resolve, life * 7)).then(server.kill)
      }
      await killed
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(9)
    await using last = await start(folder.path, to.url)
    const missing = () => acknowledged.filter((tag) => !tagsOf(to.received).includes(tag))
    const end = Date.now() + 20_000
    while (missing().length > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(missing()).toEqual([])
    // Duplicates have the id of the first; without them, and without what was never answered, it is the order of the answers.
    const told = tagsOf(to.received).filter((tag) => acknowledged.includes(String(tag)))
    expect(told).toEqual(acknowledged)
    expect(to.wrong).toEqual([])
    expect(last.url).toMatch(/^http/)
  } finally {
    await folder.remove()
  }
}, 60_000)

test('a Worker sends after its answer, and again when its cron trigger fires', async () => {
  await using to = await receiver()
  to.react = () => (to.asked.length > 1 ? 204 : 503)
  await using on = hooked(to.url)
  const work: Promise<unknown>[] = []
  const context = { waitUntil: (each: Promise<unknown>) => void work.push(each) }
  const worker = serve(on.kit)
  const request = new Request('http://registry/v2/a/manifests/v1', {
    method: 'PUT',
    headers: { 'content-type': INDEX },
    body: emptyIndex('v1'),
  })
  expect((await worker.fetch(request, {}, context)).status).toBe(201)
  expect(to.received).toEqual([])
  await Promise.all(work)
  expect(to.asked).toHaveLength(1)
  // Once the wait after the first try is over.
  await expect
    .poll(async () => {
      await worker.scheduled({}, {}, context)
      return tagsOf(to.received)
    })
    .toEqual(['v1'])
})
