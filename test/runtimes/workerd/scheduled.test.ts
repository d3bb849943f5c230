/** What a cron trigger does: all of it in the process of the test, by a clock that it moves. */

import { beforeEach, describe, expect, test } from 'vitest'
import { serve } from '../../../adapters/cloudflare/serve.ts'
import { memory, type Ocikit, ocikit, open, retention } from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { digestOf, HOUR, INDEX, indexOf, keysOf } from '../../engine/stage.ts'

const context = { waitUntil: () => {} }

/** The bindings of the Worker. */
interface Env {
  readonly STORAGE: Storage
}

let time = 0
let env: Env
let kit: Ocikit
let freed: Set<string>
beforeEach(() => {
  time = Date.UTC(2026, 0, 15, 12)
  const now = () => time
  env = { STORAGE: memory({ now }) }
  const rules = retention([{ tags: 'pr-*', keep: { pushed: '1d' } }])
  freed = new Set()
  kit = ocikit({
    storage: ({ STORAGE }: Env) => STORAGE,
    auth: open(),
    retention: rules,
    onFreed: ({ kind }) => freed.add(kind),
    now,
  })
})

/** Pushes an image of one blob over HTTP. */
async function pushTag(tag: string): Promise<void> {
  const url = 'http://registry/v2/a'
  const blob = await kit.fetch(
    new Request(`${url}/blobs/uploads/?digest=${digestOf(tag)}`, { method: 'POST', body: tag }),
    env,
  )
  const body = indexOf([digestOf(tag)]) as Uint8Array<ArrayBuffer>
  const headers = { 'content-type': INDEX }
  const manifest = await kit.fetch(
    new Request(`${url}/manifests/${tag}`, { method: 'PUT', body, headers }),
    env,
  )
  expect([blob.status, manifest.status]).toEqual([201, 201])
}

describe('a cron trigger', () => {
  test('removes what was abandoned and what the rules let go, and frees the space', async () => {
    const worker = serve(kit)
    await pushTag('pr-1')
    await pushTag('main')
    const started = await kit.fetch(
      new Request('http://registry/v2/a/blobs/uploads/', { method: 'POST' }),
      env,
    )
    const location = new URL(started.headers.get('location')!, 'http://registry')
    await kit.fetch(new Request(location, { method: 'PATCH', body: 'never ended' }), env)
    expect(await keysOf(env.STORAGE, 'uploads/')).not.toEqual([])
    for (let hour = 0; hour < 6 * 24; hour++) {
      time += HOUR
      await worker.scheduled({}, env, context)
    }
    expect(await keysOf(env.STORAGE, 'uploads/')).toEqual([])
    expect(await keysOf(env.STORAGE, 'repositories/a/_tags/')).toEqual(['repositories/a/_tags/main'])
    expect((await keysOf(env.STORAGE, 'repositories/a/_manifests/')).length).toBe(1)
    expect((await keysOf(env.STORAGE, 'blobs/')).length).toBe(1)
    expect([...freed].sort()).toEqual(['blob', 'content', 'manifest', 'tag'])
  })

  test('goes on with the rest where one part of it fails, and fails', async () => {
    const done: string[] = []
    const part = (name: string) => async () => {
      done.push(name)
      throw new Error(name)
    }
    const worker = serve({
      fetch: kit.fetch,
      sweep: part('sweep'),
      retain: part('retain'),
      collect: part('collect'),
    })
    await expect(worker.scheduled({}, env, context)).rejects.toThrow('sweep')
    expect(done).toEqual(['sweep', 'retain', 'collect'])
  })
})
