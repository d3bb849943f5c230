import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHasher, digestOf, nativeHasher, portableHasher } from '../../src/hash/index.ts'
import { ALGORITHMS } from '../../src/oci/index.ts'

const MAX = 300
const bytes = Uint8Array.from({ length: MAX }, (_, i) => (i * 167 + 13) & 0xff)

function truth(algorithm: string, content: Uint8Array): string {
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`
}

describe.each(ALGORITHMS)('%s', (algorithm) => {
  test('in one piece, every length over several blocks', async () => {
    for (let length = 0; length <= MAX; length++) {
      const content = bytes.subarray(0, length)
      const hasher = portableHasher(algorithm)
      hasher.update(content)
      expect(await hasher.digest()).toBe(truth(algorithm, content))
      expect(await digestOf(algorithm, content)).toBe(truth(algorithm, content))
    }
  })

  test('saved and restored at every cut, the digest is the same', async () => {
    const first = portableHasher(algorithm)
    for (let cut = 0; cut <= MAX; cut++) {
      if (cut > 0) first.update(bytes.subarray(cut - 1, cut))
      const state = first.save()
      expect(state.length).toBeLessThanOrEqual(700)
      // Ends on both sides of every edge of a block that comes after the cut.
      const ends = [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129].map((more) => cut + more)
      for (const end of [...ends, MAX].filter((each) => each <= MAX)) {
        const resumed = portableHasher(algorithm, state)
        resumed.update(bytes.subarray(cut, end))
        const found = await resumed.digest()
        if (found !== truth(algorithm, bytes.subarray(0, end))) expect.fail(`cut at ${cut}, end at ${end}`)
      }
    }
  })

  test('saved and restored at any number of cuts', async () => {
    const cuts = fc.uniqueArray(fc.nat(MAX), { maxLength: 20 }).map((list) => list.sort((a, b) => a - b))
    await fc.assert(
      fc.asyncProperty(cuts, async (list) => {
        let hasher = portableHasher(algorithm)
        let at = 0
        for (const cut of [...list, MAX]) {
          hasher.update(bytes.subarray(at, cut))
          hasher = portableHasher(algorithm, hasher.save())
          at = cut
        }
        expect(await hasher.digest()).toBe(truth(algorithm, bytes))
      }),
      { numRuns: 200 },
    )
  })

  test('however the bytes are cut into chunks, native and portable agree', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(chunks, async (list) => {
        const hashers = [createHasher(algorithm), nativeHasher(algorithm)!, portableHasher(algorithm)]
        for (const hasher of hashers) for (const chunk of list) await hasher.update(chunk)
        const expected = truth(algorithm, Buffer.concat(list))
        for (const hasher of hashers) expect(await hasher.digest()).toBe(expected)
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    ['portable', portableHasher],
    ['native', nativeHasher],
  ] as const)('a %s copy and its original go on without each other', async (_, make) => {
    const original = make(algorithm)!
    await original.update(bytes.subarray(0, 100))
    const copy = original.copy!()
    await copy.update(bytes.subarray(200, 250))
    await original.update(bytes.subarray(100, 200))
    const late = original.copy!()
    const apart = Buffer.concat([bytes.subarray(0, 100), bytes.subarray(200, 250)])
    expect(await copy.digest()).toBe(truth(algorithm, apart))
    expect(await original.digest()).toBe(truth(algorithm, bytes.subarray(0, 200)))
    expect(await late.digest()).toBe(truth(algorithm, bytes.subarray(0, 200)))
  })

  test('saving changes nothing, and the bytes given may be reused', async () => {
    const hasher = portableHasher(algorithm)
    const buffer = bytes.slice(0, 10)
    hasher.update(buffer)
    buffer.fill(0)
    expect(hasher.save()).toBe(hasher.save())
    expect(await hasher.digest()).toBe(truth(algorithm, bytes.subarray(0, 10)))
  })

  test('a length above 2^32 survives being saved', () => {
    const state = JSON.parse(portableHasher(algorithm).save()) as { length: number }
    const far = { ...state, length: 2 ** 40 }
    const again = JSON.parse(portableHasher(algorithm, JSON.stringify(far)).save()) as { length: number }
    expect(again.length).toBe(2 ** 40)
  })
})
