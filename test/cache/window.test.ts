import { expect, test } from 'vitest'
import { windows } from '../../src/cache/window.ts'

const MIB = 1024 * 1024

test('many at once hold less each, and one alone as much as before', () => {
  const open = windows()
  const size = 8 * MIB
  const filled = () => {
    const window = open(size)
    for (let i = 0; i < 64; i++) window.push(new Uint8Array(MIB / 16))
    return window
  }
  const alone = filled()
  expect(alone.reaches(0)).toBe(true)
  const others = Array.from({ length: 254 }, () => open(size))
  const one = filled()
  expect(one.reaches(4 * MIB - MIB / 4)).toBe(true)
  expect(one.reaches(4 * MIB - MIB / 4 - 1)).toBe(false)
  for (const other of others) other.fail(new Error('gone'))
  one.end()
  alone.giveUp(new Error('gone'))
  expect(filled().reaches(0)).toBe(true)
})

test('chunks of a byte each take more than their bytes, so that fewer are held', () => {
  const window = windows()(8 * MIB)
  const COUNT = 20_000
  for (let i = 0; i < COUNT; i++) window.push(new Uint8Array(1))
  const held = (4 * MIB) / 256
  expect(window.reaches(COUNT - held)).toBe(true)
  expect(window.reaches(COUNT - held - 1)).toBe(false)
})
