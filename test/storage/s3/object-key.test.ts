import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  keyOfObject,
  objectOfKey,
  objectOfPlace,
  objectPrefix,
} from '../../../adapters/storage/s3/object-key.ts'
import { compareKeys } from '../../../src/storage/key.ts'

const MAX = 2000
const BASE = 'records/'
const objectOf = (key: string) => objectOfKey(BASE, key, MAX)

/** Keys of which many share a beginning, with all that is odd in them. */
const keys = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      'A',
      '.',
      '/',
      '!',
      '-',
      '0',
      '_',
      '`',
      '^',
      ' ',
      '~',
      '=',
      'é',
      '😀',
      '\0',
      '%',
      'x'.repeat(99),
    ),
    {
      minLength: 1,
      maxLength: 9,
    },
  )
  .map((parts) => parts.join(''))

describe('object keys', () => {
  test('those of the engine are readable', () => {
    expect(objectOf('blobs/sha256/ab/abcd.0123')).toBe('records/blobs/sha256/ab/abcd.0123!')
    expect(objectOf('catalog/library/nginx!')).toBe('records/catalog/library/nginx(!')
    expect(objectOf('repositories/a/_tags/V1.0')).toBe('records/repositories/a/_tags/V1.0!')
    expect(objectOfPlace('content/', 'content/sha256/ab/id-1', MAX)).toBe('content/sha256/ab/id-1')
    expect(objectOfPlace('content/', 't/a/content/x', MAX)).toBe('content/!/t/a/content/x')
  })

  test('come back', () => {
    fc.assert(fc.property(keys, (key) => void expect(keyOfObject(BASE, objectOf(key))).toBe(key)))
  })

  test('sort as the keys do', () => {
    const sign = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
    fc.assert(
      fc.property(
        keys,
        keys,
        (a, b) => void expect(sign(objectOf(a), objectOf(b))).toBe(Math.sign(compareKeys(a, b))),
      ),
      { numRuns: 3000 },
    )
  })

  test('begin as the keys do', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        for (const key of [a, b, a + b]) {
          const same = objectOf(key).startsWith(objectPrefix(BASE, a))
          expect(same).toBe(key.startsWith(a))
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('are what every store takes', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const object = objectOf(key)
        expect(object).toMatch(/^[\x21-\x7e]+$/)
        expect(
          new URL(`http://h/${object.split('/').map(encodeURIComponent).join('/')}`).pathname.length,
        ).toBeGreaterThan(9)
        for (const segment of object.split('/')) {
          expect(['', '.', '..']).not.toContain(segment)
          expect(segment.length).toBeLessThan(256)
        }
      }),
    )
  })

  test('none is a folder of another', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => void expect(objectOf(b).startsWith(`${objectOf(a)}/`)).toBe(false)),
    )
  })

  test.each([
    'x',
    'records/',
    'records/x',
    'records/!',
    "records/'2!",
    'records/a//b!',
    'records/~ff!',
    'other/a!',
    'records/(41!',
  ])('%s is not one of ours', (object) => {
    const key = keyOfObject(BASE, object)
    expect(key === null || objectOf(key) === object).toBe(true)
    if (object !== 'records/(41!') expect(key).toBe(null)
  })

  test('one that no store takes is refused', () => {
    expect(() => objectOf('\0'.repeat(400))).toThrow('too long')
    expect(() => objectOfPlace('content/', 'p'.repeat(1100), MAX)).toThrow('too long')
    expect(() => objectOfKey(BASE, 'k'.repeat(21), 20)).toThrow('at most 20 bytes')
  })
})
