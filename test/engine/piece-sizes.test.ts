import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectedSize, knownSizes, leastSize, type Sizing, takesAny } from '../../src/engine/piece-sizes.ts'
import { memory } from '../../src/storage/index.ts'
import { MINIATURE, REAL, shaped, TINY_MEMORY } from './shapes.ts'
import { digestOf, stage } from './stage.ts'

const MIB = 1024 * 1024
const GIB = 1024 * MIB
const sizing = (shape: keyof typeof REAL, more: Partial<Sizing> = {}): Sizing => ({
  rules: REAL[shape].pieces,
  memory: 48 * MIB,
  count: 0,
  ...more,
})
const sum = (sizes: readonly number[]): number => sizes.reduce((all, size) => all + size, 0)

test('nothing is cut where a piece may be anything', () => {
  expect(takesAny(memory().contents.pieces)).toBe(true)
  for (const shape of [...Object.values(REAL), ...Object.values(MINIATURE)])
    expect(takesAny(shaped(shape).contents.pieces)).toBe(false)
})

describe('pieces of unknown length', () => {
  test('are 8 MiB, doubled every thousand where they may differ', () => {
    for (const no of [1, 1000]) expect(collectedSize(sizing('s3'), no)).toBe(8 * MIB)
    expect(collectedSize(sizing('s3'), 1001)).toBe(16 * MIB)
    expect(collectedSize(sizing('s3'), 9001)).toBe(8 * 512 * MIB)
    for (const no of [1, 10_000]) expect(collectedSize(sizing('r2'), no)).toBe(8 * MIB)
    for (const no of [1, 10_000]) expect(collectedSize(sizing('kv'), no)).toBe(8 * MIB)
  })

  test('are a sixth of the memory, if the storage lets them', () => {
    expect(collectedSize(sizing('s3', { memory: 36 * MIB }), 1)).toBe(6 * MIB)
    expect(collectedSize(sizing('r2', { memory: 12 * MIB }), 1)).toBe(5 * MIB)
    expect(collectedSize(sizing('kv', { memory: 12 * MIB }), 1)).toBe(2 * MIB)
    expect(collectedSize(sizing('s3', { memory: GIB }), 1)).toBe(8 * MIB)
  })

  test('hold nearly 5 TiB in 10,000 pieces, though each request ends one early', () => {
    const total = Array.from({ length: 10_000 }, (_, i) => leastSize(sizing('s3'), i + 1))
    expect(sum(total)).toBeGreaterThan(4.8 * 1024 * GIB)
  })
})

describe('pieces of known length', () => {
  test('are few where they may differ, and leave no rest', () => {
    expect(knownSizes(sizing('s3'), 20 * MIB, false)).toEqual([20 * MIB])
    expect(knownSizes(sizing('s3'), GIB, false)).toEqual(new Array(32).fill(32 * MIB))
    expect(knownSizes(sizing('s3'), 33 * MIB, false)).toEqual([33 * MIB])
    expect(knownSizes(sizing('s3'), 5 * MIB - 1, false)).toEqual([])
  })

  test('are equal where they must be, and larger only if needed', () => {
    expect(knownSizes(sizing('r2'), 20 * MIB, false)).toEqual([8 * MIB, 8 * MIB])
    expect(knownSizes(sizing('r2'), 20 * MIB, true)).toEqual([8 * MIB, 8 * MIB, 4 * MIB])
    expect(knownSizes(sizing('r2', { pieceSize: 6 * MIB, count: 3 }), 20 * MIB, false)).toEqual([
      6 * MIB,
      6 * MIB,
      6 * MIB,
    ])
    const large = knownSizes(sizing('r2'), 160_000 * MIB, true)
    expect([large.length, large[0]]).toEqual([10_000, 16 * MIB])
    // As many more may follow.
    expect(knownSizes(sizing('r2'), 160_000 * MIB, false).length).toBe(5_000)
  })

  test('that are too many are refused with 413', () => {
    for (const total of [20 * MIB, 10_000 * GIB]) {
      const full = sizing('r2', { pieceSize: 8 * MIB, count: 9_998 })
      expect(() => knownSizes(full, total, false)).toThrow(expect.objectContaining({ status: 413 }))
    }
    expect(knownSizes(sizing('r2', { pieceSize: 8 * MIB, count: 9_998 }), 16 * MIB, false).length).toBe(2)
  })

  test('keep the rules, whatever came before', () => {
    const rules = fc.constantFrom(...Object.values(MINIATURE).map(({ pieces }) => pieces))
    fc.assert(
      fc.property(rules, fc.nat(10), fc.nat(400), fc.boolean(), (pieces, count, total, last) => {
        const given: Sizing = {
          rules: pieces,
          memory: TINY_MEMORY,
          count,
          pieceSize: pieces.equal ? 8 : undefined,
        }
        let sizes: number[]
        try {
          sizes = knownSizes(given, total, last)
        } catch (error) {
          expect(error).toMatchObject({ status: 413 })
          return
        }
        const rest = total - sum(sizes)
        expect(rest).toBeGreaterThanOrEqual(0)
        expect(sizes.length + count + (rest > 0 ? 1 : 0)).toBeLessThanOrEqual(pieces.count)
        if (last) expect(rest).toBe(0)
        const early = last ? sizes.slice(0, -1) : sizes
        for (const [at, size] of early.entries()) {
          expect(size).toBeLessThanOrEqual(pieces.max)
          expect(size).toBeGreaterThanOrEqual(leastSize(given, count + at + 1))
          if (pieces.equal) expect(size).toBe(8)
        }
      }),
    )
  })
})

describe('the last possible piece', () => {
  const stream = (size: number): ReadableStream<Uint8Array> =>
    new Blob([new Uint8Array(size)]).stream() as ReadableStream<Uint8Array>
  const tooLong = { code: 'SIZE_INVALID', status: 413, message: expect.stringContaining('Content-Length') }

  test('may be full; more is 413, says what to do, and leaves the session as it was', async () => {
    const on = stage({ shape: MINIATURE.r2, uploadMemory: TINY_MEMORY })
    const { id } = await on.store.startUpload('a')
    const first = await on.store.writeUpload('a', id, stream(70))
    await expect(on.store.writeUpload('a', first.id, stream(11))).rejects.toMatchObject(tooLong)
    const again = await on.store.uploadStatus('a', id)
    expect(again.offset).toBe(70)
    await expect(on.store.writeUpload('a', again.id, stream(11), { size: 11 })).rejects.toMatchObject(tooLong)
    const { id: last } = await on.store.uploadStatus('a', id)
    const full = await on.store.writeUpload('a', last, stream(10))
    expect(full.offset).toBe(80)
    await expect(on.store.writeUpload('a', full.id, stream(1))).rejects.toMatchObject(tooLong)
    const { id: end } = await on.store.uploadStatus('a', id)
    await on.store.finishUpload('a', end, digestOf(new Uint8Array(80)))
  })

  test('is further away for a length that is known when the first piece is written', async () => {
    const on = stage({ shape: MINIATURE.r2, uploadMemory: TINY_MEMORY })
    const whole = new Uint8Array(300)
    await expect(on.store.pushBlob('a', { digest: digestOf(whole) }, stream(300))).rejects.toMatchObject(
      tooLong,
    )
    await on.store.pushBlob('a', { digest: digestOf(whole), size: 300 }, stream(300))
    const { id } = await on.store.startUpload('a')
    const next = await on.store.writeUpload('a', id, stream(290), { size: 290 })
    await on.store.finishUpload('a', next.id, digestOf(whole), { body: stream(10) })
    expect((await on.store.resolveBlob('a', digestOf(whole))).size).toBe(300)
  })
})
