import { describe, expect, test } from 'vitest'
import { bytes, digestOf, keysOf, placeOf, push, read, type Stage, stage, valuesOf } from './stage.ts'

/** Places that hold bytes, of all that were ever written or sealed. */
async function places(on: Stage): Promise<string[]> {
  const named = on.calls
    .filter(({ method }) => /contents\.(write|seal|open)/.test(method))
    .map(({ key }) => key)
  const sizes = await Promise.all(
    [...new Set(named)].map(async (key) => [key, await on.inner.contents.size(key)] as const),
  )
  return sizes.filter(([, size]) => size !== null).map(([key]) => key)
}

const chunked = async ({ store }: Stage, repo: string, content: string): Promise<void> => {
  const { id } = await store.startUpload(repo)
  const half = Math.floor(content.length / 2)
  const { id: next } = await store.writeUpload(repo, id, bytes(content.slice(0, half)))
  await store.finishUpload(repo, next, digestOf(content), { body: bytes(content.slice(half)) })
}

const ways: [string, (on: Stage, repo: string, content: string) => Promise<unknown>][] = [
  ['whole', ({ store }, repo, content) => push(store, repo, content)],
  ['in chunks', chunked],
  [
    'as a stream without a size',
    ({ store }, repo, content) =>
      store.pushBlob(repo, { digest: digestOf(content) }, new Blob([content]).stream()),
  ],
]

describe.each(ways)('a blob that is pushed %s', (_, way) => {
  test('into a second repository is kept once, and is its own there', async () => {
    const on = stage()
    const digest = await push(on.store, 'a', 'content')
    await way(on, 'b', 'content')
    expect((await places(on)).length).toBe(1)
    const links = await valuesOf(on.inner, 'blobs/')
    expect(links.map(({ repo }) => repo).sort()).toEqual(['a', 'b'])
    expect(new Set(links.map(({ place }) => place)).size).toBe(1)
    await on.store.deleteBlob('a', digest)
    expect([await read(on.store, 'a', digest), await read(on.store, 'b', digest)]).toEqual([
      'BLOB_UNKNOWN',
      'content',
    ])
  })

  test.each([
    ['are gone', async (on: Stage, place: string) => on.inner.contents.remove([place])],
    [
      'have another length',
      async (on: Stage, place: string) => {
        await on.inner.contents.remove([place])
        await on.inner.contents.write(place, bytes('short'), { size: 5 })
      },
    ],
  ])('heals one whose bytes %s: unknown until then, whole after', async (_name, spoil) => {
    for (const target of ['a', 'b']) {
      const on = stage()
      const digest = await push(on.store, 'a', 'content')
      await spoil(on, await placeOf(on.inner, digest))
      await expect(on.store.resolveBlob('a', digest)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
      expect(await read(on.store, 'a', digest)).toBe('BLOB_UNKNOWN')
      expect(await on.store.mountBlob('c', digest, { from: 'a' })).toBeNull()
      expect(await on.store.mountBlob('c', digest, { mayRead: () => true })).toBeNull()
      await way(on, target, 'content')
      expect(await read(on.store, target, digest)).toBe('content')
      expect((await on.store.resolveBlob(target, digest)).size).toBe(7)
    }
  })

  test('again into the same repository: the link swings to the new bytes', async () => {
    const on = stage()
    const digest = await push(on.store, 'a', 'content')
    const before = await placeOf(on.inner, digest)
    await way(on, 'a', 'content')
    expect(await placeOf(on.inner, digest)).not.toBe(before)
    expect((await keysOf(on.inner, 'blobs/')).length).toBe(1)
    expect(await read(on.store, 'a', digest)).toBe('content')
  })

  test('is not there if its digest is another: no link, and its bytes go', async () => {
    const on = stage()
    const wrong = digestOf('other')
    const fault = await way(stageWith(on, wrong), 'a', 'content').then(
      () => null,
      (error: { code: string }) => error.code,
    )
    expect(fault).toBe('DIGEST_INVALID')
    expect(await keysOf(on.inner, 'blobs/')).toEqual([])
    expect(await places(on)).toEqual([])
  })
})

/** The same stage, but every push names this digest. */
function stageWith(on: Stage, digest: ReturnType<typeof digestOf>): Stage {
  const store: Stage['store'] = {
    ...on.store,
    pushBlob: (repo, blob, body, options) => on.store.pushBlob(repo, { ...blob, digest }, body, options),
    finishUpload: (repo, id, _digest, options) => on.store.finishUpload(repo, id, digest, options),
  }
  return { ...on, store }
}

test('a mount copies the place, whichever repository it comes from, and asks only for those it may read', async () => {
  const on = stage()
  const digest = await push(on.store, 'a', 'content')
  await push(on.store, 'b', 'content')
  const asked: string[] = []
  const mayRead = async (repo: string): Promise<boolean> => {
    asked.push(repo)
    return repo === 'b'
  }
  expect(await on.store.mountBlob('c', digest, { mayRead: () => false })).toBeNull()
  expect(await on.store.mountBlob('c', digest)).toBeNull()
  expect(await on.store.mountBlob('c', digest, { from: 'nowhere' })).toBeNull()
  expect(await read(on.store, 'c', digest)).toBe('BLOB_UNKNOWN')
  expect(await on.store.mountBlob('c', digest, { mayRead })).toMatchObject({ digest, size: 7 })
  expect(asked.every((repo) => ['a', 'b'].includes(repo))).toBe(true)
  expect(await read(on.store, 'c', digest)).toBe('content')
  expect((await places(on)).length).toBe(1)
})
