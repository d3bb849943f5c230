import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equalBytes, seal, unseal } from '../../src/hash/index.ts'

const key = new Uint8Array(32).fill(1)
const other = new Uint8Array(32).fill(2)
const body = fc.uint8Array({ maxLength: 80 })

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'))
}

describe('sealed values', () => {
  test('come back whole, under the newest key and under an older one', () => {
    fc.assert(
      fc.property(body, fc.string(), (content, purpose) => {
        const text = seal(content, purpose, key)
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/)
        expect(unseal(text, purpose, [key])).toEqual(content)
        expect(unseal(text, purpose, [other, key])).toEqual(content)
      }),
    )
  })

  test('are the same whether the runtime computes them or the portable code', () => {
    fc.assert(
      fc.property(body, (content) => {
        const mac = hmac(sha256, key, Buffer.concat([Buffer.from('p\n'), content])).subarray(0, 16)
        expect(seal(content, 'p', key)).toBe(Buffer.concat([mac, content]).toString('base64url'))
      }),
    )
  })

  test('any flipped bit makes them void', () => {
    fc.assert(
      fc.property(body, fc.nat(), (content, at) => {
        const bytes = bytesOf(seal(content, 'p', key))
        const bit = at % (bytes.length * 8)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        expect(unseal(Buffer.from(bytes).toString('base64url'), 'p', [key])).toBeNull()
      }),
      { numRuns: 500 },
    )
  })

  test('another spelling of the same bytes is void: a value has one text', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const length of [20, 21, 22]) {
      const text = seal(new Uint8Array(length), 'p', key)
      for (const last of alphabet) {
        const altered = text.slice(0, -1) + last
        if (altered !== text) expect(unseal(altered, 'p', [key]), altered).toBeNull()
      }
    }
  })

  test('another purpose or another key makes them void', () => {
    fc.assert(
      fc.property(body, fc.string(), fc.string(), (content, purpose, another) => {
        fc.pre(purpose !== another)
        const text = seal(content, purpose, key)
        expect(unseal(text, another, [key])).toBeNull()
        expect(unseal(text, purpose, [other])).toBeNull()
        expect(unseal(text, purpose, [])).toBeNull()
      }),
    )
  })

  test('a cut or a longer text is void', () => {
    fc.assert(
      fc.property(body, fc.nat(), (content, at) => {
        const text = seal(content, 'p', key)
        expect(unseal(text.slice(0, at % text.length), 'p', [key])).toBeNull()
        expect(unseal(`${text}AAAA`, 'p', [key])).toBeNull()
      }),
    )
  })

  test('any text is void, never an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: 'grapheme' })), (text) => {
        expect(unseal(text, 'p', [key])).toBeNull()
      }),
    )
    for (const text of ['', '=', 'A', 'AA==', 'AAAAA', 'ä', '\n', `${seal(new Uint8Array(5), 'p', key)}\n`])
      expect(unseal(text, 'p', [key])).toBeNull()
  })

  test('bytes are equal when all of them are and there are as many', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
        expect(equalBytes(a, a.slice())).toBe(true)
      }),
    )
    expect(equalBytes(new Uint8Array(2), new Uint8Array(3))).toBe(false)
    expect(equalBytes(new Uint8Array(3), new Uint8Array(2))).toBe(false)
  })
})
