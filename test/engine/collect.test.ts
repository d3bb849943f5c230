import { describe, expect, test } from 'vitest'
import { hours, leftovers, pushIndex, stored, subjectOf } from './collecting.ts'
import { collect, digestOf, INDEX, indexOf, keysOf, push, read, type Stage, stage } from './stage.ts'

/** Longer than all that a blob goes through before its bytes are free. */
const LONG = 80

describe('what is freed', () => {
  test('the blobs of a deleted manifest: a grace period later, and not before', async () => {
    const on = stage()
    const digest = await pushIndex(on, 'a', ['one', 'two!'], ['v1'])
    await hours(on, LONG)
    expect((await stored(on)).length).toBe(2)
    await on.store.deleteManifest('a', digest)
    // Links that nobody has used for long go at once; bytes when nothing has linked them for a day.
    expect(await hours(on, 1)).toMatchObject({ links: 2, contents: 0 })
    expect(await read(on.store, 'a', digestOf('one'))).toBe('BLOB_UNKNOWN')
    expect(await hours(on, 23)).toMatchObject({ contents: 0 })
    expect((await stored(on)).length).toBe(2)
    expect(await hours(on, 3)).toMatchObject({ contents: 2, bytes: 7 })
    expect(await stored(on)).toEqual([])
    expect(await leftovers(on)).toEqual([])
  })

  test('a blob that no manifest ever referred to', async () => {
    const on = stage()
    await push(on.store, 'a', 'x')
    const { id } = await on.store.startUpload('a')
    await on.store.finishUpload('a', id, digestOf('pieces'), { body: new TextEncoder().encode('pieces') })
    expect(await hours(on, 24)).toMatchObject({ links: 0 })
    expect(await read(on.store, 'a', digestOf('x'))).toBe('x')
    expect(await hours(on, LONG)).toMatchObject({ links: 2, contents: 2, bytes: 7 })
    expect(await keysOf(on.inner)).toEqual(['config/keys'])
  })

  test('a mount that no manifest came to need, and nothing of its source', async () => {
    const on = stage()
    await pushIndex(on, 'a', ['x'])
    await on.store.mountBlob('b', digestOf('x'), { from: 'a' })
    expect(await hours(on, LONG)).toMatchObject({ links: 1, contents: 0 })
    expect(await read(on.store, 'b', digestOf('x'))).toBe('BLOB_UNKNOWN')
    expect(await read(on.store, 'a', digestOf('x'))).toBe('x')
  })

  test('bytes that a blob was pushed over, and those of a deleted blob', async () => {
    const on = stage()
    await pushIndex(on, 'a', ['x', 'y'])
    await push(on.store, 'a', 'x')
    await on.store.deleteBlob('a', digestOf('y'))
    expect(await hours(on, LONG)).toMatchObject({ links: 0, contents: 2, bytes: 2 })
    expect(await read(on.store, 'a', digestOf('x'))).toBe('x')
    expect((await stored(on)).length).toBe(1)
  })

  test('sessions that expired, with what they had written', async () => {
    const on = stage()
    const { id } = await on.store.startUpload('a')
    await on.store.writeUpload('a', id, new Uint8Array(3))
    await hours(on, LONG)
    expect(await keysOf(on.inner)).toEqual(['config/keys'])
  })

  test('a repository without manifests leaves the catalog, and comes back with the next', async () => {
    const on = stage()
    const digest = await pushIndex(on, 'a', [], ['v1', 'v2'])
    await on.store.deleteManifest('a', digest)
    expect(await collect(on.store.repositories())).toEqual(['a'])
    expect(await hours(on, LONG)).toMatchObject({ repositories: 1 })
    expect(await keysOf(on.inner)).toEqual([])
    await pushIndex(on, 'a', [], ['v1'])
    expect(await collect(on.store.repositories())).toEqual(['a'])
  })

  test('reverse keys of tags that moved or were deleted, where something else was', async () => {
    const on = stage()
    const first = await pushIndex(on, 'a', ['1'], ['latest', 'gone'])
    const second = await pushIndex(on, 'a', ['2'], ['latest'])
    await on.store.deleteTag('a', 'gone')
    const third = await pushIndex(on, 'a', ['3'], ['v3'])
    await on.store.deleteManifest('a', third)
    await hours(on, LONG)
    expect(await keysOf(on.inner, 'repositories/a/_tagged/')).toEqual([
      `repositories/a/_tagged/${second.replace(':', '/')}/latest`,
    ])
    expect(await read(on.store, 'a', digestOf('1'))).toBe('1')
    expect((await on.store.getManifest('a', first)).descriptor.digest).toBe(first)
    expect(await collect(on.store.tags('a'))).toEqual(['latest'])
  })

  test('a tag and a referrer that a push wrote while its manifest was deleted', async () => {
    const on = stage()
    const subject = await pushIndex(on, 'a', [], ['v1'])
    const manifest = indexOf([], subjectOf(subject))
    let held = true
    on.hook = async ({ method, key }) => {
      if (!held || method !== 'records.put' || !/_referrers/.test(key)) return
      held = false
      await on.another().deleteManifest('a', digestOf(manifest))
    }
    await on.store.pushManifest('a', manifest, INDEX, { tags: ['dead'] })
    expect(await collect(on.store.tags('a'))).toEqual(['dead', 'v1'])
    expect((await collect(on.store.referrers('a', subject))).length).toBe(1)
    expect(await hours(on, LONG)).toMatchObject({ tags: 1, referrers: 1 })
    expect(await collect(on.store.tags('a'))).toEqual(['v1'])
    expect(await collect(on.store.referrers('a', subject))).toEqual([])
    expect(await leftovers(on)).toEqual([])
  })
})

describe('what stays', () => {
  const stays: [string, (on: Stage) => Promise<unknown>][] = [
    ['a blob of an untagged manifest', (on) => pushIndex(on, 'a', ['x'])],
    [
      'a blob of a manifest whose tag moved on',
      async (on) => {
        await pushIndex(on, 'a', ['x'], ['v1'])
        await pushIndex(on, 'a', ['other'], ['v1'])
      },
    ],
    [
      'a blob that two manifests needed, of which one was deleted',
      async (on) => {
        await pushIndex(on, 'a', ['x'])
        await on.store.deleteManifest('a', await pushIndex(on, 'a', ['x', 'more']))
      },
    ],
    [
      'a blob that another repository needs, too',
      async (on) => {
        await pushIndex(on, 'a', ['x'])
        await on.store.deleteManifest('b', await pushIndex(on, 'b', ['x']))
      },
    ],
    [
      'a blob that was mounted from a repository that was emptied',
      async (on) => {
        const digest = await pushIndex(on, 'b', ['x'])
        await on.store.mountBlob('a', digestOf('x'), { from: 'b' })
        await on.store.pushManifest('a', indexOf([digestOf('x')]), INDEX)
        await on.store.deleteManifest('b', digest)
      },
    ],
    [
      'a blob of a referrer, and of a referrer whose subject is gone',
      async (on) => {
        const subject = await pushIndex(on, 'a', [])
        await pushIndex(on, 'a', ['x'], [], subjectOf(subject))
        await on.store.deleteManifest('a', subject)
      },
    ],
    [
      'a blob of an untagged child of an index',
      async (on) => {
        const child = await pushIndex(on, 'a', ['x'])
        await on.store.pushManifest('a', indexOf([child]), INDEX, { tags: ['multi'] })
      },
    ],
    [
      'a blob of a child whose index was deleted',
      async (on) => {
        const child = await pushIndex(on, 'a', ['x'])
        const parent = indexOf([child])
        await on.store.pushManifest('a', parent, INDEX)
        await on.store.deleteManifest('a', digestOf(parent))
      },
    ],
    [
      'a blob of a manifest that was deleted and pushed again',
      async (on) => {
        await on.store.deleteManifest('a', await pushIndex(on, 'a', ['x']))
        await on.store.pushManifest('a', indexOf([digestOf('x')]), INDEX)
      },
    ],
    [
      'a blob of a manifest with so many references that its header does not list them',
      async (on) => {
        const many = ['x', ...Array.from({ length: 500 }, (_, i) => `${i}`)]
        await pushIndex(on, 'a', many)
      },
    ],
  ]
  test.each(stays)('%s', async (_, prepare) => {
    const on = stage()
    await prepare(on)
    await hours(on, LONG)
    expect(await read(on.store, 'a', digestOf('x'))).toBe('x')
    expect(await leftovers(on)).toEqual([])
  })

  test('what a sparse manifest refers to, here or not', async () => {
    const on = stage({ sparse: true })
    await push(on.store, 'a', 'x')
    await on.store.pushManifest('a', indexOf([digestOf('x'), digestOf('elsewhere')]), INDEX)
    await hours(on, LONG)
    expect(await read(on.store, 'a', digestOf('x'))).toBe('x')
  })

  test('a blob that somebody asks for now and then', async () => {
    const on = stage()
    await push(on.store, 'a', 'x')
    for (let i = 0; i < 8; i++) {
      await hours(on, 13)
      await on.store.resolveBlob('a', digestOf('x'))
    }
    expect(await hours(on, LONG)).toMatchObject({ links: 1, contents: 1 })
  })

  test('everything, while it is as young as it says', async () => {
    const on = stage()
    await on.store.deleteManifest('a', await pushIndex(on, 'a', ['x']))
    expect(await hours(on, 23)).toMatchObject({ links: 0 })
    await on.store.pushManifest('a', indexOf([digestOf('x')]), INDEX)
    await hours(on, LONG)
    expect(await read(on.store, 'a', digestOf('x'))).toBe('x')
  })
})
