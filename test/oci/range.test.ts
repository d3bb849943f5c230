import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatContentRange,
  formatUploadRange,
  parseRange,
  parseUploadRange,
  resolveRange,
} from '../../src/oci/index.ts'
import { faultOf } from './fault.ts'

describe('Range (RFC 9110 section 14.2)', () => {
  const table: [string | null, ReturnType<typeof parseRange>][] = [
    ['bytes=0-', { first: 0 }],
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=5-9', { first: 5, last: 9 }],
    ['BYTES=5-9', { first: 5, last: 9 }],
    ['bytes= 5-9 ', { first: 5, last: 9 }],
    ['bytes=-3', { suffix: 3 }],
    ['bytes=-0', { suffix: 0 }],
    ['bytes=9-5', { first: 9, last: 5 }],
    ['bytes=999999999999999-', { first: 999_999_999_999_999 }],
    [null, null],
    ['', null],
    ['bytes', null],
    ['bytes=', null],
    ['bytes=-', null],
    ['bytes=a-b', null],
    ['bytes=0-1,3-4', null],
    ['bytes=0-1,', null],
    ['bytes=0x0-1', null],
    ['bytes=1.5-2', null],
    ['bytes=+1-2', null],
    ['bytes=--1', null],
    ['items=0-1', null],
    ['bytes=1000000000000000-', null],
    ['bytes 0-1', null],
    ['bytes=0-1\nx', null],
  ]
  for (const [header, range] of table) {
    test(`${JSON.stringify(header)} asks for ${range ? JSON.stringify(range) : 'the whole'}`, () => {
      expect(parseRange(header)).toEqual(range)
    })
  }

  test('is cut to the content: what it gives always lies within, and is what slice gives', () => {
    const ranges = fc.oneof(
      fc.record({ first: fc.nat(40) }),
      fc.record({ first: fc.nat(40), last: fc.nat(40) }),
      fc.record({ suffix: fc.nat(40) }),
    )
    fc.assert(
      fc.property(ranges, fc.nat(30), (range, size) => {
        const all = Array.from({ length: size }, (_, i) => i)
        const wanted =
          'suffix' in range
            ? all.slice(Math.max(0, size - range.suffix))
            : all.slice(range.first, 'last' in range ? range.last + 1 : size)
        if (wanted.length === 0) {
          const fault = faultOf(() => resolveRange(range, size))
          expect(fault).toMatchObject({ code: 'RANGE_INVALID', status: 416 })
          expect(fault.headers).toEqual({ 'content-range': `bytes */${size}` })
        } else {
          const { offset, length } = resolveRange(range, size)
          expect(all.slice(offset, offset + length)).toEqual(wanted)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('Content-Range names the inclusive last byte and the whole size', () => {
    expect(formatContentRange({ offset: 2, length: 3 }, 10)).toBe('bytes 2-4/10')
    expect(formatContentRange({ offset: 0, length: 1 }, 1)).toBe('bytes 0-0/1')
  })
})

describe('Content-Range of an upload (distribution-spec, "Pushing a blob in chunks")', () => {
  const good: [string, number, number][] = [
    ['0-0', 0, 1],
    ['0-1023', 0, 1024],
    ['1024-2047', 1024, 1024],
    ['bytes 0-9', 0, 10],
    ['bytes=0-9', 0, 10],
    ['0-9/10', 0, 10],
    ['bytes 0-9/*', 0, 10],
    [' 0-9 ', 0, 10],
  ]
  for (const [header, offset, length] of good) {
    test(`takes ${JSON.stringify(header)}`, () =>
      expect(parseUploadRange(header)).toEqual({ offset, length }))
  }
  for (const header of [
    '',
    '-',
    '0-',
    '-5',
    '5-4',
    'a-b',
    '0-9,10-19',
    'bytes */10',
    '0-9/',
    '0x1-2',
    '1e3-2e3',
  ]) {
    test(`refuses ${JSON.stringify(header)}`, () => {
      expect(faultOf(() => parseUploadRange(header))).toMatchObject({
        code: 'BLOB_UPLOAD_INVALID',
        status: 400,
      })
    })
  }
  test('absent means at the end', () => expect(parseUploadRange(null)).toBeNull())

  test('every span that can be written is read back', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 40 }), (offset, length) => {
        const range = formatContentRange({ offset, length }, offset + length)
        expect(parseUploadRange(range)).toEqual({ offset, length })
      }),
    )
  })

  test('the Range of a session is the whole of it, and 0-0 while it is empty', () => {
    expect(formatUploadRange(0)).toBe('0-0')
    expect(formatUploadRange(1)).toBe('0-0')
    expect(formatUploadRange(1024)).toBe('0-1023')
  })
})
