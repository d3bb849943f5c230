/** Every length has one spelling: what another reader could take for something else is no DER. */

import { expect, test } from 'vitest'
import { DerError, elementIn, oidOf, TAG } from '../../../src/auth/x5c/der.ts'

const octets = (length: string, size: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array([...Buffer.from(`04${length}`, 'hex'), ...new Uint8Array(size)])

test.each([
  ['00', 0],
  ['7f', 127],
  ['8180', 128],
  ['820100', 256],
  ['83010000', 65_536],
])('the length %s is that of %d bytes', (length, size) => {
  expect(elementIn(octets(length, size), TAG.OCTET_STRING).content).toHaveLength(size)
})

test.each([
  ['indefinite', '80', 0],
  ['indefinite, with as many bytes as its octet says', '80', 128],
  ['short, in the long form', '817f', 127],
  ['with a zero ahead', '820080', 128],
  ['of four bytes', '8400000001', 1],
  ['reserved', 'ff', 127],
  ['cut off', '82', 0],
  ['longer than what is there', '02', 1],
  ['shorter than what is there', '01', 2],
])('a length that is %s is refused', (_, length, size) => {
  expect(() => elementIn(octets(length, size), TAG.OCTET_STRING)).toThrow(DerError)
})

test.each(['', '80', '8001', '2a80', '2a8001', '2a86', '2affffffff7f'])(
  'the identifier %j is refused',
  (hex) => {
    const content = new Uint8Array(Buffer.from(hex, 'hex'))
    expect(() => oidOf({ tag: TAG.OID, raw: content, content })).toThrow(DerError)
  },
)
