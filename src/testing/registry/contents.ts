/**
 * Reading parts of blobs, and what a content promises.
 * @module
 */

import type { ByteRange } from '../../oci/index.ts'
import { drain, noise, text } from '../storage/scope.ts'
import { sampleOf, textOf } from './samples.ts'
import type { RegistryTests } from './scope.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** Each range of the 26 letters, and what it gives. */
const RANGES: readonly [ByteRange, string][] = [
  [{ first: 0 }, LETTERS],
  [{ first: 0, last: 0 }, 'a'],
  [{ first: 1, last: 4 }, 'bcde'],
  [{ first: 3 }, LETTERS.slice(3)],
  [{ first: 25 }, 'z'],
  [{ first: 25, last: 25 }, 'z'],
  [{ first: 20, last: 1000 }, 'uvwxyz'],
  [{ first: 0, last: 25 }, LETTERS],
  [{ suffix: 1 }, 'z'],
  [{ suffix: 5 }, 'vwxyz'],
  [{ suffix: 26 }, LETTERS],
  [{ suffix: 1000 }, LETTERS],
]

/** Ranges that hold no byte of the 26 letters. */
const OUTSIDE: readonly ByteRange[] = [
  { first: 26 },
  { first: 26, last: 26 },
  { first: 1000, last: 2000 },
  { first: 5, last: 4 },
  { suffix: 0 },
]

/** Ranges, and contents that are opened late, once or never. */
export const contentTests: RegistryTests = {
  'ranges: each gives its bytes and the size of the whole': async ({ registry, repo, push, expect }) => {
    const { digest } = await push(await textOf(LETTERS))
    for (const [range, expected] of RANGES) {
      const content = await registry.getBlob(repo, digest, { range })
      expect([content.descriptor.size, content.descriptor.digest]).toEqual([26, digest])
      expect(content.range).toEqual({ offset: LETTERS.indexOf(expected), length: expected.length })
      expect(text(await drain(content.stream()))).toBe(expected)
    }
  },

  'ranges: bytes() reads the part only': async ({ registry, repo, push, expect }) => {
    const { digest } = await push(await textOf(LETTERS))
    const content = await registry.getBlob(repo, digest, { range: { first: 2, last: 3 } })
    expect(text(await content.bytes(2))).toBe('cd')
  },

  'ranges: one that holds no byte is refused': async ({ registry, repo, push, expectCode, expectBlob }) => {
    const it = await push(await textOf(LETTERS))
    for (const range of OUTSIDE)
      await expectCode(registry.getBlob(repo, it.digest, { range }), 'RANGE_INVALID')
    await expectBlob(it)
  },

  'ranges: of a blob of no bytes there is none': async ({ registry, repo, push, expectCode }) => {
    const { digest } = await push(await textOf(''))
    for (const range of [{ first: 0 }, { first: 0, last: 0 }, { suffix: 1 }])
      await expectCode(registry.getBlob(repo, digest, { range }), 'RANGE_INVALID')
  },

  'ranges: of an unknown blob it is unknown': async ({ registry, repo, blob, expectCode }) => {
    const { digest } = await blob()
    const range = { first: 1000 }
    await expectCode(registry.getBlob(repo, digest, { range }), 'BLOB_UNKNOWN', 'NAME_UNKNOWN')
  },

  'ranges: of a large blob, several at once': async ({ registry, repo, push, expect }) => {
    const it = await push(await sampleOf(noise(1_200_000, 5)))
    const read = async (first: number): Promise<boolean> => {
      const content = await registry.getBlob(repo, it.digest, { range: { first, last: first + 299_999 } })
      const expected = await sampleOf(it.bytes.slice(first, first + 300_000))
      return (await sampleOf(await drain(content.stream()))).digest === expected.digest
    }
    const results = await Promise.all([0, 300_000, 600_000, 900_000, 123_457].map(read))
    expect(results).toEqual([true, true, true, true, true])
  },

  'contents: are opened at most once': async ({ registry, repo, push, blob, expect }) => {
    const { digest } = await push(await blob())
    const content = await registry.getBlob(repo, digest)
    await drain(content.stream())
    const again = await content.bytes().catch(() => 'refused')
    expect(again).toBe('refused')
  },

  'contents: bytes() stops at a limit': async ({ registry, repo, push, blob, expectCode, expect }) => {
    const { digest, bytes } = await push(await blob())
    await expectCode((await registry.getBlob(repo, digest)).bytes(bytes.length - 1), 'SIZE_INVALID')
    const whole = await (await registry.getBlob(repo, digest)).bytes(bytes.length)
    expect(text(whole)).toBe(text(bytes))
  },

  'contents: disposing is harmless before, during and after': async ({
    registry,
    repo,
    push,
    expectBlob,
  }) => {
    const it = await push(await sampleOf(noise(400_000, 9)))
    await (await registry.getBlob(repo, it.digest))[Symbol.asyncDispose]()
    const half = await registry.getBlob(repo, it.digest)
    const reader = half.stream().getReader()
    await reader.read()
    reader.releaseLock()
    await half[Symbol.asyncDispose]()
    const whole = await registry.getBlob(repo, it.digest)
    await drain(whole.stream())
    await whole[Symbol.asyncDispose]()
    await expectBlob(it)
  },

  'contents: a cancelled stream leaves the blob readable': async (scope) => {
    const { registry, repo, push, expectBlob } = scope
    const it = await push(await sampleOf(noise(400_000, 11)))
    for (let i = 0; i < 10; i++) await (await registry.getBlob(repo, it.digest)).stream().cancel('enough')
    await expectBlob(it)
  },
}
