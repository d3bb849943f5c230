import { describe, expect, test } from 'vitest'
import type { Storage } from '../../src/storage/index.ts'
import {
  bytes,
  DAY,
  digestOf,
  HOUR,
  keysOf,
  occupied,
  push,
  read,
  type Stage,
  stage,
  valuesOf,
} from './stage.ts'

const sessions = (on: Stage) => keysOf(on.inner, 'uploads/')

async function begun(on: Stage, content = 'abc'): Promise<string> {
  const { id } = await on.store.startUpload('a')
  return (await on.store.writeUpload('a', id, bytes(content))).id
}

describe('sweep: sessions that began a day ago and have been silent for half of it', () => {
  test('go with their bytes, and not earlier', async () => {
    const on = stage()
    const id = await begun(on)
    for (const ms of [HOUR, 22 * HOUR]) {
      on.pass(ms)
      expect(await on.store.sweep()).toEqual({ sessions: 0 })
    }
    expect((await on.store.uploadStatus('a', id)).offset).toBe(3)
    on.pass(3 * HOUR)
    expect(await on.store.sweep()).toEqual({ sessions: 1 })
    expect(await sessions(on)).toEqual([])
    expect(await occupied(on)).toEqual([])
    await expect(on.store.uploadStatus('a', id)).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' })
    expect(await on.store.sweep()).toEqual({ sessions: 0 })
  })

  test('are unknown from that moment on, swept or not', async () => {
    const on = stage()
    const id = await begun(on)
    on.pass(DAY + 1)
    await expect(on.store.uploadStatus('a', id)).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' })
    await expect(on.store.writeUpload('a', id, bytes('x'))).rejects.toMatchObject({
      code: 'BLOB_UPLOAD_UNKNOWN',
    })
  })

  test('stay while somebody writes to them now and then', async () => {
    const on = stage()
    let id = await begun(on)
    for (let i = 0; i < 6; i++) {
      on.pass(11 * HOUR)
      id = (await on.store.writeUpload('a', id, bytes('d'))).id
      expect(await on.store.sweep()).toEqual({ sessions: 0 })
    }
    await on.store.finishUpload('a', id, digestOf('abcdddddd'))
    expect(await read(on.store, 'a', digestOf('abcdddddd'))).toBe('abcdddddd')
  })

  test('that were never written to have left nothing to remove', async () => {
    const on = stage()
    await on.store.startUpload('a')
    on.pass(3 * DAY)
    expect(await on.store.sweep()).toEqual({ sessions: 0 })
    expect(await keysOf(on.inner)).toEqual(['config/keys'])
  })

  const ends: [string, (on: Stage) => Promise<unknown>][] = [
    ['cancelled', async (on) => on.store.cancelUpload('a', await begun(on))],
    ['refused: a chunk that is too short', async (on) => tooShort(on, 'first')],
    ['refused: a later chunk that is too short', async (on) => tooShort(on, 'later')],
    [
      'refused: a wrong digest',
      async (on) => on.store.finishUpload('a', await begun(on), digestOf('x')).catch(() => {}),
    ],
    [
      'refused: a wrong digest of another algorithm',
      async (on) => on.store.finishUpload('a', await begun(on), digestOf('x', 'sha512')).catch(() => {}),
    ],
    [
      'goes on after a wrong digest of another algorithm',
      async (on) => {
        const id = await begun(on)
        await on.store.finishUpload('a', id, digestOf('x', 'sha512')).catch(() => {})
        await on.store.writeUpload('a', id, bytes('more'))
      },
    ],
  ]
  test.each(ends)('leave no byte behind: %s', async (_, run) => {
    const on = stage()
    await run(on)
    on.pass(3 * DAY)
    await on.store.sweep()
    expect(await sessions(on)).toEqual([])
    expect(await occupied(on)).toEqual([])
  })

  test('leave a blob alone that came of them, and a note should no manifest need it', async () => {
    const on = stage()
    const id = await begun(on)
    await on.store.finishUpload('a', id, digestOf('abcdef'), { body: bytes('def') })
    await push(on.store, 'b', 'whole')
    on.pass(3 * DAY)
    expect(await on.store.sweep()).toEqual({ sessions: 2 })
    expect(await sessions(on)).toEqual([])
    expect(await read(on.store, 'a', digestOf('abcdef'))).toBe('abcdef')
    expect(await read(on.store, 'b', digestOf('whole'))).toBe('whole')
    const notes = await valuesOf(on.inner, 'gc/refs/')
    const repos = notes.map(({ repo, digests }) => [repo, digests])
    expect(repos).toEqual(
      expect.arrayContaining([
        ['a', [digestOf('abcdef')]],
        ['b', [digestOf('whole')]],
      ]),
    )
  })

  test('lists old hours only', async () => {
    const on = stage()
    for (let i = 0; i < 20; i++) await begun(on)
    on.pass(HOUR)
    on.clear()
    await on.store.sweep()
    expect(on.of('records.list').reduce((sum, { taken }) => sum + taken, 0)).toBeLessThanOrEqual(1)
  })

  test('two at once remove each session once, and a writer that gets in first keeps his', async () => {
    const on = stage()
    for (let i = 0; i < 5; i++) await begun(on)
    on.pass(DAY + 2 * HOUR)
    const swept = await Promise.all([on.store.sweep(), on.another().sweep()])
    expect(swept.reduce((sum, each) => sum + each.sessions, 0)).toBeGreaterThanOrEqual(5)
    expect(await sessions(on)).toEqual([])
    expect(await occupied(on)).toEqual([])
  })

  test('leave nothing of a writer who came back after they were listed', async () => {
    let listed = async (): Promise<void> => {}
    const on = stage({
      shape: { pieces: { min: 100, max: 1000, count: 1000, equal: false, sized: true } },
      storage: (inner) => ({
        ...inner,
        records: { ...inner.records, list: listThen(inner, () => listed()) },
      }),
    })
    let id = await begun(on)
    const write = async () => {
      id = (await on.store.writeUpload('a', id, bytes('more'))).id
    }
    on.pass(15 * HOUR)
    await write()
    on.pass(11.9 * HOUR)
    listed = async () => {
      listed = async () => {}
      await write()
      on.pass(0.2 * HOUR)
    }
    expect(await on.store.sweep()).toEqual({ sessions: 0 })
    await expect(write()).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' })
    on.pass(DAY)
    expect(await on.store.sweep()).toEqual({ sessions: 1 })
    expect(await sessions(on)).toEqual([])
    expect(await occupied(on)).toEqual([])
  })
})

/** Lists of all sessions, at once, with what happens right after. */
function listThen({ records }: Storage, after: () => Promise<void>): Storage['records']['list'] {
  return async function* (prefix, options) {
    const entries = []
    for await (const entry of records.list(prefix, options)) entries.push(entry)
    if (prefix === 'uploads/') await after()
    yield* entries
  }
}

async function tooShort(on: Stage, which: 'first' | 'later'): Promise<void> {
  const { id } = which === 'first' ? await on.store.startUpload('a') : { id: await begun(on) }
  await on.store.writeUpload('a', id, bytes('abc'), { size: 5 }).catch(() => {})
}
