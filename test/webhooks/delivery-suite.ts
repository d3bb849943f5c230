/** What is promised of delivery, for any storage and runtime: over HTTP, with processes that are killed. */

import { expect, test } from 'vitest'
import { emptyIndex, INDEX } from '../server/http.ts'
import { idsOf, type Receiver, receiver, tagsOf } from './receiver.ts'

/** A process, or an isolate, that serves a registry. */
export interface Replica {
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** Has it send what is due, if it does not by itself. */
  drain(): Promise<unknown>
  /** Ends it as a power cut would. */
  kill(): Promise<void>
}

/** Where replicas of one registry keep what they have. */
export interface Place extends AsyncDisposable {
  /** Starts another one, which sends to `hook`. */
  start(hook: string): Promise<Replica>
}

const TIMEOUT = 60_000
const POLL = { timeout: 30_000, interval: 50 }

/** The tests. @param open Makes an empty place; whatever was started in it is gone with it. */
export function deliverySuite(open: () => Promise<Place>): void {
  test('all that was answered is told in order, while the receiver fails, goes and comes', {
    timeout: TIMEOUT,
  }, async () => {
    await using to = await receiver()
    await using place = await open()
    const replica = await place.start(to.url)
    let turn = 0
    to.react = () => (++turn % 3 === 0 ? 503 : 204)
    for (const tag of ['v1', 'v2', 'v3', 'v4']) await push(replica, tag)
    await told(to, [replica], ['v1', 'v2', 'v3', 'v4'])
    await to.kill()
    for (const tag of ['v5', 'v6']) await push(replica, tag)
    expect((await replica.fetch('/v2/a/manifests/v5', { method: 'DELETE' })).status).toBe(202)
    await to.revive()
    await told(to, [replica], ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v5'])
    expect(to.received.at(-1)?.type).toBe('dev.ocikit.delete')
    expect(to.busiest()).toBe(1)
  })

  test('two replicas send each event, those of a repository in the order of their answers', {
    timeout: TIMEOUT,
  }, async () => {
    await using to = await receiver()
    await using place = await open()
    const replicas = [await place.start(to.url), await place.start(to.url)]
    const tags = Array.from({ length: 8 }, (_, i) => `v${i}`)
    for (const [i, tag] of tags.entries()) await push(replicas[i % 2]!, tag)
    await told(to, replicas, tags)
    expect(to.busiest()).toBe(1)
  })

  test('what happens at once in several repositories is told of each in its order', {
    timeout: TIMEOUT,
  }, async () => {
    await using to = await receiver()
    await using place = await open()
    const replica = await place.start(to.url)
    const repos = ['a', 'a/b', 'c', 'd']
    await Promise.all(
      repos.map(async (repo) => {
        for (const tag of ['v1', 'v2', 'v3']) await push(replica, tag, repo)
      }),
    )
    await expect
      .poll(async () => {
        await replica.drain()
        return repos.map((repo) => tagsOf(to.received, repo).join())
      }, POLL)
      .toEqual(repos.map(() => 'v1,v2,v3'))
  })

  test('one that is killed in the middle of a change loses nothing that was answered', {
    timeout: TIMEOUT,
  }, async () => {
    await using to = await receiver()
    await using place = await open()
    const answered: string[] = []
    let turn = 0
    to.react = () => (++turn % 4 === 0 ? 500 : 204)
    for (const life of [1, 2]) {
      const replica = await place.start(to.url)
      let killed: Promise<void> | undefined
      for (let i = 0; ; i++) {
        const tag = `l${life}-${i}`
        const status = await push(replica, tag).catch(() => null)
        if (status === null) break
        answered.push(tag)
        if (i === 2) killed = new Promise((resolve) => setTimeout(resolve, life * 5)).then(replica.kill)
      }
      await killed
    }
    const last = await place.start(to.url)
    // What is told beside that was not answered: of it nobody knows the order.
    await told(to, [last], answered, (tag) => answered.includes(String(tag)))
  })
}

async function push(replica: Replica, tag: string, repo = 'a'): Promise<number> {
  const body = emptyIndex(`${tag} ${Math.random()}`)
  const init = { method: 'PUT', headers: { 'content-type': INDEX }, body }
  const { status } = await replica.fetch(`/v2/${repo}/manifests/${tag}`, init)
  if (status !== 201) throw new Error(`${status}`)
  return status
}

/** Waits until all of these are told, each under one id, and no others. */
async function told(
  to: Receiver,
  replicas: readonly Replica[],
  tags: readonly string[],
  counts: (tag: unknown) => boolean = () => true,
): Promise<void> {
  const seen = () => tagsOf(to.received).filter(counts)
  await expect
    .poll(async () => {
      await Promise.all(replicas.map((replica) => replica.drain()))
      return seen().length
    }, POLL)
    .toBeGreaterThanOrEqual(tags.length)
  expect(seen()).toEqual(tags)
  expect(idsOf(to.received).length).toBe(tagsOf(to.received).length)
  expect(to.wrong).toEqual([])
}
