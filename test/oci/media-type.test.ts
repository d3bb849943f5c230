import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { essenceOf, isIndexType, isMediaType, MANIFEST_TYPES, OCI_INDEX } from '../../src/oci/index.ts'

describe('media types (RFC 6838 section 4.2)', () => {
  for (const type of [
    ...MANIFEST_TYPES,
    'a/b',
    'a/b+json',
    'Text/HTML',
    'x/!#$&^_.+-'.replace('/!', '/a!'),
  ]) {
    test(`takes ${type}`, () => expect(isMediaType(type)).toBe(true))
  }
  const bad = ['', 'a', '/', 'a/', '/b', 'a/b/c', 'a b/c', 'a/b; q=1', 'a/b\n', '.a/b', 'a/*', '*/*', 'ä/b']
  for (const type of [...bad, `a/${'b'.repeat(254)}`]) {
    test(`refuses ${JSON.stringify(type).slice(0, 30)}`, () => expect(isMediaType(type)).toBe(false))
  }
  test('255 characters are the most', () => expect(isMediaType(`a/${'b'.repeat(253)}`)).toBe(true))

  test('the essence is without parameters, blanks and capitals', () => {
    expect(essenceOf('Application/JSON; charset=utf-8')).toBe('application/json')
    expect(essenceOf(`  ${OCI_INDEX} `)).toBe(OCI_INDEX)
    for (const nothing of [null, '', '   ', ';', '; charset=utf-8']) expect(essenceOf(nothing)).toBeNull()
    fc.assert(
      fc.property(fc.string(), fc.string(), (type, rest) => {
        expect(essenceOf(`${type};${rest}`)).toBe(essenceOf(type))
      }),
    )
  })

  test('an index is one of two types', () => {
    expect(MANIFEST_TYPES.filter(isIndexType).length).toBe(2)
    expect(isIndexType('toString')).toBe(false)
  })
})
