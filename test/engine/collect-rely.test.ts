import { describe, expect, test } from 'vitest'
import { collectAlone } from '../../src/engine/index.ts'
import { hours, leftovers, pushIndex, stored } from './collecting.ts'
import { REAL } from './shapes.ts'
import { bytes, DAY, digestOf, HOUR, INDEX, indexOf, keysOf, push, read, type Stage, stage } from './stage.ts'

const MINUTE = 60_000

/** Everything that relies on the link of a blob in `a`, and what it reads after that link. */
const uses: [string, string, (on: Stage) => Promise<unknown>][] = [
  ['HEAD', 'contents.size', ({ store }) => store.resolveBlob('a', digestOf('x'))],
  ['a mount', 'contents.size', ({ store }) => store.mountBlob('b', digestOf('x'), { from: 'a' })],
  ['a push into another repository', 'contents.size', ({ store }) => push(store, 'b', 'x')],
  ['a manifest', 'records.get', ({ store }) => store.pushManifest('a', indexOf([digestOf('x')]), INDEX)],
]

describe('whoever uses a link relies on it within ten minutes, or uses it again', () => {
  /** Counts how often the link is read while so many reads take longer than that. */
  async function reads(use: (on: Stage) => Promise<unknown>, slow: string, times: number): Promise<number> {
    const on = stage()
    await push(on.store, 'a', 'x')
    const [link] = await keysOf(on.inner, 'blobs/')
    on.clear()
    let left = times
    on.hook = ({ method }) => {
      if (method === slow && left-- > 0) on.pass(11 * MINUTE)
    }
    await use(on)
    return on.calls.filter(({ method, key }) => method === 'records.get' && key === link).length
  }

  test.each(uses)('%s', async (_, slow, use) => {
    expect(await reads(use, slow, 0)).toBe(1)
    expect(await reads(use, slow, 1)).toBe(2)
    await expect(reads(use, slow, 9)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('what cannot be promised in time has no effect', async () => {
    const on = stage()
    await push(on.store, 'a', 'x')
    on.hook = ({ method }) => {
      if (method === 'contents.size') on.pass(11 * MINUTE)
    }
    await expect(on.store.mountBlob('b', digestOf('x'), { from: 'a' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    expect((await keysOf(on.inner, 'blobs/')).length).toBe(1)
  })
})

test('the bytes of a session that lives stay: it may link them again', async () => {
  const on = stage({ shape: { ...REAL.r2, pieces: { ...REAL.r2.pieces, min: 1, max: 8 } }, uploadMemory: 48 })
  const content = 'x'.repeat(20)
  const begun = await on.store.startUpload('a')
  const { id } = await on.store.writeUpload('a', begun.id, bytes(content))
  // Seals the bytes for a digest that they do not have.
  await expect(on.store.finishUpload('a', id, digestOf('other'))).rejects.toMatchObject({
    code: 'DIGEST_INVALID',
  })
  await on.store.finishUpload('a', id, digestOf(content))
  await on.store.deleteBlob('a', digestOf(content))
  on.pass(23 * HOUR)
  await on.store.collect()
  expect(await keysOf(on.inner, 'gc/unlinked/')).toEqual([])
  on.pass(HOUR / 2)
  // Within the day of the session, and long after it was silent: another attempt takes over.
  await on.store.finishUpload('a', id, digestOf(content)).catch(() => {})
  await on.store.finishUpload('a', id, digestOf(content)).catch(() => {})
  expect(await read(on.store, 'a', digestOf(content))).toBe(content)
  await on.store.pushManifest('a', indexOf([digestOf(content)]), INDEX)
  await hours(on, 80)
  expect(await read(on.store, 'a', digestOf(content))).toBe(content)
  expect(await leftovers(on)).toEqual([])
})

describe('a storage that nobody else uses', () => {
  test('is collected at once, with what was just pushed', async () => {
    const on = stage()
    await pushIndex(on, 'a', ['kept'], ['v1'])
    await on.store.deleteManifest('b', await pushIndex(on, 'b', ['gone', 'kept'], ['v1']))
    await push(on.store, 'c', 'never needed')
    const { id } = await on.store.startUpload('a')
    await on.store.writeUpload('a', id, bytes('half'))
    const options = { grace: 0, now: on.now }
    const dry = await collectAlone(on.inner, { ...options, dryRun: true })
    expect((await stored(on)).length).toBe(3)
    const freed = { sessions: 5, links: 3, contents: 2, bytes: 16, repositories: 1, complete: true }
    expect(await collectAlone(on.inner, options)).toMatchObject(freed)
    expect(dry).toMatchObject(freed)
    expect((await stored(on)).length).toBe(1)
    expect(await read(on.another(), 'a', digestOf('kept'))).toBe('kept')
    expect(await leftovers(on)).toEqual([])
    expect(await collectAlone(on.inner, options)).toMatchObject({
      sessions: 0,
      links: 0,
      contents: 0,
      bytes: 0,
    })
  })

  test('keeps what was used within the grace period', async () => {
    const on = stage()
    await push(on.store, 'a', 'old')
    on.pass(DAY)
    await push(on.store, 'a', 'new')
    expect(await collectAlone(on.inner, { now: on.now })).toMatchObject({
      sessions: 1,
      links: 1,
      contents: 1,
    })
    expect(await read(on.store, 'a', digestOf('new'))).toBe('new')
    on.pass(DAY)
    expect(await collectAlone(on.inner, { now: on.now })).toMatchObject({ links: 1, contents: 1 })
    expect(await stored(on)).toEqual([])
  })
})
