/** Tags that stay, chosen by globs. */

import { expect, test } from 'vitest'
import { immutable } from '../../src/compose/index.ts'
import { createStore, digestOf, memory, ocikit, open } from '../../src/index.ts'
import { emptyIndex, errorIn, LOREM, pushBlob, pushIndex, send } from '../server/http.ts'

const kitWith = (globs: readonly string[]) =>
  ocikit({ storage: memory(), auth: open(), wrap: (store) => immutable(store, globs) })

test('tags that match never move and are not deleted, over HTTP; others are as ever', async () => {
  const kit = kitWith(['v*', 'Stable'])
  for (const tag of ['v1', 'Stable', 'latest']) {
    expect((await pushIndex(kit, 'a', tag, { body: emptyIndex('one') })).status, tag).toBe(201)
    expect((await pushIndex(kit, 'a', tag, { body: emptyIndex('one') })).status, tag).toBe(201)
  }
  for (const [tag, status] of [
    ['v1', 403],
    ['Stable', 403],
    ['latest', 201],
  ] as const) {
    const moved = await pushIndex(kit, 'a', tag, { body: emptyIndex('two') })
    expect([tag, moved.status]).toEqual([tag, status])
    if (status === 403)
      expect(errorIn(moved)).toMatchObject({ code: 'DENIED', message: expect.stringContaining(tag) })
  }
  const remove = async (reference: string) =>
    (await send(kit, 'DELETE', `/v2/a/manifests/${reference}`)).status
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) => digestOf('sha256', new TextEncoder().encode(emptyIndex(name)))),
  )
  expect([await remove('v1'), await remove(one!)]).toEqual([403, 403])
  expect([await remove('latest'), await remove(two!)]).toEqual([202, 202])
  expect((await send(kit, 'GET', '/v2/a/tags/list')).text).toContain('["Stable","v1"]')
})

test('blobs stay, for a tag may need them', async () => {
  const kit = kitWith(['v*'])
  const { digest } = await pushBlob(kit, 'a', LOREM)
  expect((await send(kit, 'DELETE', `/v2/a/blobs/${digest}`)).status).toBe(403)
})

test('several tags in one push: one that may not move keeps all from moving', async () => {
  const store = immutable(createStore({ storage: memory() }), ['v*'])
  const push = (name: string, ...tags: string[]) =>
    store.pushManifest('a', new TextEncoder().encode(emptyIndex(name)), '', { tags: tags as never })
  await push('one', 'v1')
  await expect(push('two', 'latest', 'v1')).rejects.toMatchObject({ code: 'DENIED' })
  await expect(store.resolveManifest('a', 'latest' as never)).rejects.toMatchObject({
    code: 'MANIFEST_UNKNOWN',
  })
})

test('upkeep reaches the store below it', async () => {
  expect(await kitWith(['v*']).sweep()).toEqual({ sessions: 0 })
})

test.each(['', 'a/b', 'a b', '*'.repeat(129)])('%j is no glob of tags', (glob) => {
  expect(() => immutable(createStore({ storage: memory() }), [glob])).toThrow(/no glob over tags/)
})
