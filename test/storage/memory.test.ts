import { describe, expect, test } from 'vitest'
import { memory } from '../../src/storage/memory.ts'
import { storageSuite } from '../../src/testing/storage-suite.ts'
import { testIn } from '../runtimes/in-cell.ts'

describe('memory', () => {
  storageSuite({ test: testIn('node with memory', 'storage'), expect }, async () => ({ storage: memory() }))
})

describe('memory, with the pieces of an object store', () => {
  const pieces = { min: 100_000, max: 20_000_000, count: 100, equal: true, sized: true }
  storageSuite({ test, expect }, async () => ({ storage: memory({ pieces }) }))
})

test('the clock is the one that was given', async () => {
  let now = 1_000
  const { records } = memory({ now: () => now })
  await records.put('a', new Uint8Array())
  now = 2_000
  expect((await records.get('a'))?.modified).toBe(1_000)
  await records.put('a', new Uint8Array())
  expect((await records.get('a'))?.modified).toBe(2_000)
})

test('pieces are refused as an object store does', async () => {
  const { contents } = memory({ pieces: { min: 10, max: 20, count: 2, equal: true, sized: true } })
  const add = (no: number, offset: number, size: number) =>
    contents.piece('p', handle, { no, offset, size }, new Uint8Array(size))
  const handle = await contents.open('p')
  await expect(contents.piece('p', handle, { no: 1, offset: 0 }, new Uint8Array(10))).rejects.toThrow('known')
  await expect(add(1, 0, 21)).rejects.toThrow('at most')
  await expect(add(3, 0, 10)).rejects.toThrow('at most')
  const one = { no: 1, ...(await add(1, 0, 5)) }
  const two = { no: 2, ...(await add(2, 5, 5)) }
  await expect(contents.seal('p', handle, [one, two], { size: 10 })).rejects.toThrow('at least')
  const old = { ...two, receipt: 'old' }
  await expect(contents.seal('p', handle, [one, old], { size: 10 })).rejects.toThrow('not those')
  await expect(contents.seal('p', handle, [two, one], { size: 10 })).rejects.toThrow('ascending')
  await expect(contents.seal('p', handle, [one], { size: 10 })).rejects.toMatchObject({
    code: 'SIZE_INVALID',
  })
})
