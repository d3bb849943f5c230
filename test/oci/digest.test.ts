import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ALGORITHMS,
  algorithmOf,
  encodedOf,
  isAlgorithm,
  isContentDigest,
  isDigest,
  parseAlgorithm,
  parseContentDigest,
  parseDigest,
} from '../../src/oci/index.ts'
import { faultOf } from './fault.ts'

const A64 = 'a'.repeat(64)

const valid: Record<string, string> = {
  sha256: `sha256:${A64}`,
  sha512: `sha512:${'0123456789abcdef'.repeat(8)}`,
  'blake3, registered but not stored': `blake3:${A64}`,
  'an unknown algorithm': 'multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8',
  'every separator of an algorithm': 'a+b.c_d-e:x',
  'every character of an encoding': 'md5:azAZ09=_-',
  'the name of a property that every object has': 'constructor:abc',
  'the greatest length': `x:${'y'.repeat(254)}`,
}

const invalid: Record<string, string> = {
  'an empty text': '',
  'no colon': A64,
  'no algorithm': `:${A64}`,
  'no encoding': 'sha256:',
  'two colons': `sha256:${A64}:`,
  'upper-case hex': `sha256:${'A'.repeat(64)}`,
  'an upper-case algorithm': `SHA256:${A64}`,
  'a digit too few': `sha256:${'a'.repeat(63)}`,
  'a digit too many': `sha256:${'a'.repeat(65)}`,
  'sha512 of the length of sha256': `sha512:${A64}`,
  'no hex': `sha256:${'g'.repeat(64)}`,
  'blake3 of a wrong length': 'blake3:ab',
  'a separator at the end of the algorithm': 'sha256+:abc',
  'two separators': 'a++b:abc',
  'a slash': 'sha256:../../etc',
  'a line break at the end': `sha256:${A64}\n`,
  'a space before it': ` sha256:${A64}`,
  'a letter beyond ASCII': 'sha256:ä',
  'more than the greatest length': `x:${'y'.repeat(255)}`,
}

describe('digests (image-spec, descriptor.md, "Digests")', () => {
  for (const [name, text] of Object.entries(valid)) {
    test(`takes ${name}`, () => {
      expect(isDigest(text)).toBe(true)
      expect(parseDigest(text)).toBe(text)
    })
  }

  for (const [name, text] of Object.entries(invalid)) {
    test(`refuses ${name}`, () => {
      expect(isDigest(text)).toBe(false)
      expect(faultOf(() => parseDigest(text))).toMatchObject({ code: 'DIGEST_INVALID', status: 400 })
    })
  }

  test('content is stored under sha256 and sha512 only', () => {
    expect(ALGORITHMS).toEqual(['sha256', 'sha512'])
    expect(isContentDigest(parseDigest(valid['sha256']!))).toBe(true)
    expect(isContentDigest(parseDigest(`blake3:${A64}`))).toBe(false)
    expect(faultOf(() => parseContentDigest(`blake3:${A64}`)).code).toBe('DIGEST_INVALID')
    expect(faultOf(() => parseContentDigest('sha256:short')).code).toBe('DIGEST_INVALID')
    for (const name of ['', 'SHA256', 'sha1', 'constructor', '__proto__', 'toString']) {
      expect(isAlgorithm(name)).toBe(false)
      expect(faultOf(() => parseAlgorithm(name)).code).toBe('DIGEST_INVALID')
    }
  })

  test('an error shows no more of a digest than it may be long', () => {
    const { detail, message } = faultOf(() => parseDigest(`sha256:${'x'.repeat(100_000)}`))
    expect(JSON.stringify(detail).length + message.length).toBeLessThan(1000)
  })

  test('a digest is its algorithm, a colon and its encoded part', () => {
    const digests = fc
      .tuple(fc.constantFrom(...ALGORITHMS), fc.uint8Array({ minLength: 64, maxLength: 64 }))
      .map(([algorithm, bytes]) => {
        const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
        return `${algorithm}:${hex.slice(0, algorithm === 'sha256' ? 64 : 128)}`
      })
    fc.assert(
      fc.property(digests, (text) => {
        const digest = parseContentDigest(text)
        expect(`${algorithmOf(digest)}:${encodedOf(digest)}`).toBe(text)
      }),
    )
  })

  test('any text is a digest, or DIGEST_INVALID', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        if (isDigest(text)) expect(text).toMatch(/^[a-z0-9+._-]+:[a-zA-Z0-9=_-]+$/)
        else expect(faultOf(() => parseDigest(text)).code).toBe('DIGEST_INVALID')
      }),
    )
  })
})
