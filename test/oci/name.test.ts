import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isDigestReference,
  isName,
  isTag,
  MAX_NAME_LENGTH,
  parseName,
  parseReference,
  parseTag,
} from '../../src/oci/index.ts'
import { faultOf } from './fault.ts'

/** The specification's own expression, written once more. */
const SPEC = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/
const DIGEST = `sha256:${'a'.repeat(64)}`

const names: Record<string, boolean> = {
  a: true,
  '0': true,
  'library/alpine': true,
  'a/b/c/d/e': true,
  'a.b_c__d-e---f': true,
  'foo/blobs': true,
  'a/manifests/b': true,
  'constructor/prototype': true,
  ['a'.repeat(255)]: true,
  ['a'.repeat(256)]: false,
  '': false,
  '/a': false,
  'a/': false,
  'a//b': false,
  'a..b': false,
  a___b: false,
  'a._b': false,
  '-a': false,
  'a-': false,
  _catalog: false,
  __proto__: false,
  '.': false,
  '..': false,
  'a/../b': false,
  A: false,
  'a\n': false,
  'a b': false,
  'a:b': false,
  ä: false,
  'a\u0000': false,
}

describe('names of repositories (distribution-spec, "Pulling manifests")', () => {
  for (const [name, good] of Object.entries(names)) {
    test(`${good ? 'takes' : 'refuses'} ${JSON.stringify(name).slice(0, 40)} of length ${name.length}`, () => {
      expect(isName(name)).toBe(good)
      if (good) expect(parseName(name)).toBe(name)
      else expect(faultOf(() => parseName(name))).toMatchObject({ code: 'NAME_INVALID', status: 400 })
    })
  }

  test('agrees with the expression of the specification up to 255 characters', () => {
    const near = fc.string({
      unit: fc.constantFrom('a', 'z', '0', '.', '_', '-', '/', 'A', '\n'),
      maxLength: 12,
    })
    fc.assert(
      fc.property(near, (text) => {
        expect(isName(text)).toBe(SPEC.test(text) && text.length <= MAX_NAME_LENGTH)
      }),
      { numRuns: 2000 },
    )
  })

  test('a long hostile name is refused at once, however it is built', () => {
    // With back-tracking any of these would take longer than the universe is old.
    const hostile = [
      `${'a'.repeat(254)}!`,
      'a_'.repeat(127),
      '-'.repeat(255),
      'a__'.repeat(84),
      'a/'.repeat(127),
    ]
    const huge = ['a'.repeat(5_000_000), 'a-'.repeat(2_000_000), '/'.repeat(5_000_000)]
    const started = performance.now()
    for (const text of [...hostile, ...huge]) expect(isName(text)).toBe(false)
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  test('an error repeats no more than a name may be long', () => {
    expect(JSON.stringify(faultOf(() => parseName('x!'.repeat(100_000))).entries).length).toBeLessThan(1000)
  })
})

describe('tags and references (distribution-spec, "Pulling manifests")', () => {
  for (const tag of ['latest', 'A', '_', '1.2.3', 'a.-_', 'x'.repeat(128), '__proto__', 'sha256-abc']) {
    test(`takes the tag ${tag.slice(0, 20)}`, () => {
      expect(isTag(tag)).toBe(true)
      expect(parseTag(tag)).toBe(tag)
      expect(parseReference(tag)).toBe(tag)
      expect(isDigestReference(tag)).toBe(false)
    })
  }

  for (const tag of ['', '.', '.a', '-a', 'a b', 'a/b', 'a\n', 'ä', 'x'.repeat(129), 'a@b', 'a+b']) {
    test(`refuses the tag ${JSON.stringify(tag).slice(0, 20)}`, () => {
      expect(isTag(tag)).toBe(false)
      for (const parse of [parseTag, parseReference])
        expect(faultOf(() => parse(tag))).toMatchObject({ code: 'TAG_INVALID', status: 400 })
    })
  }

  test('a colon decides that a reference is a digest', () => {
    expect(parseReference(DIGEST)).toBe(DIGEST)
    expect(isDigestReference(DIGEST as `${string}:${string}`)).toBe(true)
    for (const text of [':', 'latest:', ':latest', 'sha256:baddigeststring', `${DIGEST}:x`])
      expect(faultOf(() => parseReference(text)).code).toBe('DIGEST_INVALID')
  })

  test('any text is a tag, a digest, or one of the two errors', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        try {
          expect(parseReference(text)).toBe(text)
          expect(isTag(text) || text.includes(':')).toBe(true)
        } catch (error) {
          expect((error as { code: string }).code).toBe(text.includes(':') ? 'DIGEST_INVALID' : 'TAG_INVALID')
        }
      }),
    )
  })
})
