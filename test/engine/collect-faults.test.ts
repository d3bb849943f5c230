import { describe, expect, test } from 'vitest'
import { createStore, memory, type Store } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { FaultError, failing, type Mishap } from './failing.ts'
import { digestOf, HOUR, INDEX, indexOf, keysOf, push, read } from './stage.ts'

/** A registry with something to free in every pass, when a collector comes at `time`. */
async function prepared(): Promise<{ storage: Storage; now: () => number; pass: (ms: number) => void }> {
  let time = Date.UTC(2026, 0, 15, 12)
  const now = () => time
  const pass = (ms: number) => {
    time += ms
  }
  const storage = memory({ now })
  const store = createStore({ storage, now })
  const image = async (repo: string, contents: string[], tags: string[]) => {
    const blobs: Digest[] = []
    for (const content of contents) blobs.push(await push(store, repo, content))
    await store.pushManifest(repo, indexOf(blobs), INDEX, { tags })
    return digestOf(indexOf(blobs))
  }
  await image('a', ['kept', 'shared'], ['v1'])
  const first = await image('a', ['first', 'shared'], ['v2'])
  await image('a', ['kept'], ['v2'])
  const only = await image('b', ['only', 'shared'], ['v1'])
  await store.deleteManifest('a', first)
  await store.deleteManifest('b', only)
  await push(store, 'c', 'never needed')
  pass(26 * HOUR)
  await store.sweep()
  await store.collect()
  pass(26 * HOUR)
  return { storage, now, pass }
}

async function checkKept(store: Store): Promise<void> {
  for (const content of ['kept', 'shared']) expect(await read(store, 'a', digestOf(content))).toBe(content)
  expect((await store.getManifest('a', 'v2')).descriptor.digest).toBe(digestOf(indexOf([digestOf('kept')])))
}

/** Everything that can go has gone. */
async function checkGone(on: Awaited<ReturnType<typeof prepared>>): Promise<void> {
  const store = createStore(on)
  for (let i = 0; i < 8; i++) {
    on.pass(13 * HOUR)
    await store.sweep()
    await store.collect()
  }
  await checkKept(store)
  const left = (await keysOf(on.storage)).filter((key) => !/^(repositories\/a\/|catalog\/a!)/.test(key))
  expect(left.map((key) => key.split('/')[0])).toEqual(['blobs', 'blobs'])
}

const MISHAPS: Mishap[] = ['error', 'lost answer']

describe.each(MISHAPS)('a collector that is cut off at any call of the storage: %s', (mishap) => {
  test('loses nothing, and the next one goes on', async () => {
    const whole = await prepared()
    const counted = failing(whole.storage)
    await createStore({ storage: counted.storage, now: whole.now }).collect()
    const calls = counted.count()
    for (let at = 0; at < calls; at++) {
      const on = await prepared()
      const broken = failing(on.storage)
      broken.plan(at, mishap)
      await createStore({ storage: broken.storage, now: on.now })
        .collect()
        .catch((error: unknown) => expect(error).toBeInstanceOf(FaultError))
      await checkKept(createStore(on))
      await checkGone(on)
    }
    expect(calls).toBeGreaterThan(20)
  })
})

test('several collectors at once, beside clients, every few minutes for days', async () => {
  let time = Date.UTC(2026, 0, 15, 12)
  const now = () => time
  const storage = memory({ now })
  const grace = 2 * HOUR
  const stores = [1, 2, 3].map(() => createStore({ storage, now, grace }))
  const [one, two] = stores as [Store, Store, Store]
  let seed = 1
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return (seed >>> 8) % below
  }
  /** What each repository holds: manifests, and the blobs that they need. */
  const alive = new Map<string, string[]>()
  let epoch = 0
  const client = async (store: Store, repo: string): Promise<void> => {
    const contents = [`${epoch} ${random(4)}`, `${epoch} ${random(4)}`]
    const blobs: Digest[] = []
    for (const content of contents) {
      const from = random(2) === 0 ? 'x' : 'y'
      const known = await store.mountBlob(repo, digestOf(content), { from })
      const there = known ?? (await store.resolveBlob(repo, digestOf(content)).catch(() => null))
      if (!there) await push(store, repo, content)
      blobs.push(digestOf(content))
    }
    const manifest = indexOf(blobs)
    await store.pushManifest(repo, manifest, INDEX, { tags: [`${random(3)}`] })
    alive.set(`${repo} ${digestOf(manifest)}`, contents)
    const mine = [...alive.keys()].filter((key) => key.startsWith(`${repo} `))
    const victim = mine[random(4)]
    if (mine.length < 6 || victim === undefined) return
    alive.delete(victim)
    await store.deleteManifest(repo, victim.split(' ')[1] as Digest)
  }
  let freed = 0
  for (let round = 0; round < 300; round++) {
    time += 5 * 60_000
    epoch = Math.floor(round / 25)
    const runs = stores.map((store) => store.sweep().then(() => store.collect()))
    const clients = [client(one, 'x'), client(two, 'y')]
    const [, ...collected] = await Promise.all([Promise.all(clients), ...runs])
    for (const { contents } of collected) freed += contents
    if (round % 20 > 0) continue
    for (const [key, contents] of alive) {
      const repo = key.split(' ')[0]!
      for (const content of contents) expect(await read(one, repo, digestOf(content))).toBe(content)
    }
  }
  for (let hour = 0; hour < 20; hour++) {
    time += HOUR
    await one.sweep()
    freed += (await one.collect()).contents
  }
  expect(freed).toBeGreaterThan(20)
  const needed = [...alive].flatMap(([key, contents]) =>
    contents.map((content) => key.split(' ')[0] + content),
  )
  expect((await keysOf(storage, 'blobs/')).length).toBe(new Set(needed).size)
  expect(await keysOf(storage, 'gc/')).toEqual([])
})
