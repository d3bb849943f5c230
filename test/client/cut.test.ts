/** What is held of a stream until there is enough of it for a part. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut, hold } from '../../src/client/cut.ts'
import { noise } from '../../src/testing/storage/scope.ts'
import { digestOf } from './wire.ts'

test('parts of any length of chunks of any length are the same bytes', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(300), { maxLength: 40 }),
      fc.integer({ min: 1, max: 1000 }),
      async (lengths, length) => {
        const bytes = noise(lengths.reduce((a, b) => a + b, 0))
        const stream = new ReadableStream<Uint8Array>({
          start(controller) {
            let at = 0
            for (const each of lengths) {
              controller.enqueue(bytes.subarray(at, at + each))
              at += each
            }
            controller.close()
          },
        })
        const parts: Uint8Array[] = []
        for await (const part of cut(stream, length, bytes.length)) parts.push(part.bytes)
        expect(digestOf(Buffer.concat(parts))).toBe(digestOf(bytes))
        expect(parts.slice(0, -1).every((part) => part.length === length)).toBe(true)
      },
    ),
  ))

test('many short chunks are held as a few', () => {
  const bytes = noise(100_000)
  const held: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at++) hold(held, bytes.subarray(at, at + 1))
  expect(held.length).toBeLessThan(30)
  expect(digestOf(Buffer.concat(held))).toBe(digestOf(bytes))
})

test('long chunks are held as they are', () => {
  const held: Uint8Array[] = []
  const long = [new Uint8Array(65_536), new Uint8Array(65_536)]
  for (const each of long) hold(held, each)
  expect(held[0]).toBe(long[0])
  expect(held[1]).toBe(long[1])
})
