import { describe, expect, test } from 'vitest'
import type { Contents } from '../../src/storage/index.ts'
import { MINIATURE, shaped, TINY_MEMORY } from './shapes.ts'
import { bytes, digestOf, read, type Stage, stage } from './stage.ts'
import { soon, stalled } from './stalled.ts'

type Shape = keyof typeof MINIATURE
const SHAPES = Object.keys(MINIATURE) as Shape[]

const on = (shape: Shape): Stage => stage({ shape: MINIATURE[shape], uploadMemory: TINY_MEMORY })

describe.each(SHAPES)('over %s', (shape) => {
  test('of two chunks at one offset exactly one counts, 100 times', async () => {
    const now = on(shape)
    const stores = [now.store, now.another()]
    for (let session = 0; session < 20; session++) {
      let { id } = await now.store.startUpload('a')
      let whole = ''
      for (let round = 0; round < 5; round++) {
        const offset = whole.length
        const chunks = ['a', 'b'].map((name) => `${name}${session}.${round}`.repeat(1 + (round % 2)))
        const writes = chunks.map((chunk, i) => stores[i]!.writeUpload('a', id, bytes(chunk), { offset }))
        const outcomes = await Promise.allSettled(writes)
        const won = outcomes.flatMap((outcome, i) => (outcome.status === 'fulfilled' ? [i] : []))
        expect(won.length).toBe(1)
        const lost = outcomes.find((outcome) => outcome.status === 'rejected')
        expect(lost?.reason).toMatchObject({ code: 'RANGE_INVALID', status: 416 })
        whole += chunks[won[0]!]
        const status = await now.store.uploadStatus('a', id)
        expect(status.offset).toBe(whole.length)
        ;({ id } = status)
      }
      await now.another().finishUpload('a', id, digestOf(whole))
      expect(await read(now.store, 'a', digestOf(whole))).toBe(whole)
    }
  })

  test('a writer that was given up and goes on changes nothing', async () => {
    const now = on(shape)
    const { id } = await now.store.startUpload('a')
    const second = await now.store.writeUpload('a', id, bytes('abcdefghij'))
    const slow = stalled('KLMNOPQRST')
    const writing = now.store
      .writeUpload('a', second.id, slow.body)
      .catch((error: { code: string }) => error.code)
    await soon()
    now.pass(60_000)
    const third = await now.another().writeUpload('a', second.id, bytes('klmnopqrst'))
    expect(third.offset).toBe(20)
    slow.go('UVWXYZ')
    expect(await writing).toBe('RANGE_INVALID')
    await now.another().finishUpload('a', third.id, digestOf('abcdefghijklmnopqrstuvwxyz'), {
      body: bytes('uvwxyz'),
    })
    expect(await read(now.store, 'a', digestOf('abcdefghijklmnopqrstuvwxyz'))).toBe(
      'abcdefghijklmnopqrstuvwxyz',
    )
  })

  test('a finish that was given up and goes on takes no byte from who goes on after it', async () => {
    const now = on(shape)
    const { id } = await now.store.startUpload('a')
    const second = await now.store.writeUpload('a', id, bytes('abcdefghij'))
    const slow = stalled('KLMNOPQRST')
    const wished = digestOf('abcdefghijKLMNOPQRSTUVWXYZ')
    const finishing = now.store
      .finishUpload('a', second.id, wished, { body: slow.body })
      .catch((error: { code: string }) => error.code)
    await soon()
    now.pass(60_000)
    const third = await now.another().writeUpload('a', second.id, bytes('klmnopqrst'), { offset: 10 })
    slow.go('UVWXYZ')
    const outcome = await finishing
    const whole = 'abcdefghijklmnopqrstuvwxyz'
    await now.another().finishUpload('a', third.id, digestOf(whole), { body: bytes('uvwxyz'), offset: 20 })
    expect(await read(now.store, 'a', digestOf(whole))).toBe(whole)
    // It may have made its blob all the same.
    const seen = await read(now.store, 'a', wished)
    expect(seen).toBe(typeof outcome === 'string' ? 'BLOB_UNKNOWN' : 'abcdefghijKLMNOPQRSTUVWXYZ')
  })

  test('pieces that the storage has lost end in 416 at the first byte, and the session begins anew', async () => {
    for (const what of ['replaced', 'gone'] as const) {
      let spoil: (() => Promise<unknown>) | undefined
      const now = stage({
        uploadMemory: TINY_MEMORY,
        storage: () => {
          const storage = shaped(MINIATURE[shape])
          return {
            ...storage,
            contents: spying(storage.contents, what, (spoiler) => {
              spoil ??= spoiler
            }),
          }
        },
      })
      const { id } = await now.store.startUpload('a')
      const second = await now.store.writeUpload('a', id, bytes('abcdefghijklmnopqrst'))
      await spoil!()
      const whole = digestOf('abcdefghijklmnopqrst')
      const error = await now.store.finishUpload('a', second.id, whole).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'RANGE_INVALID', status: 416, upload: { offset: 0 } })
      const { upload } = error as { upload: { id: string } }
      expect(await read(now.store, 'a', whole)).toBe('BLOB_UNKNOWN')
      const again = await now
        .another()
        .writeUpload('a', upload.id, bytes('abcdefghijklmnopqrst'), { offset: 0 })
      await now.store.finishUpload('a', again.id, whole)
      expect(await read(now.store, 'a', whole)).toBe('abcdefghijklmnopqrst')
    }
  })
})

/** Tells how to spoil what is built first: another piece of the same number, or nothing left of it. */
function spying(
  inner: Contents,
  what: 'replaced' | 'gone',
  tell: (spoil: () => Promise<unknown>) => void,
): Contents {
  return {
    ...inner,
    async open(place) {
      const handle = await inner.open(place)
      const other = new Uint8Array(8)
      tell(() =>
        what === 'gone'
          ? inner.abandon(place, handle)
          : inner.piece(place, handle, { no: 1, offset: 0, size: other.length }, other),
      )
      return handle
    },
  }
}
