import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseManifest } from '../../src/oci/index.ts'
import { faultOf } from './fault.ts'
import { descriptor, image, index } from './manifests.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const DIGEST = `sha256:${'0'.repeat(64)}`

/** A manifest in which `at` begins an object, with a key before it. */
function spoilt(document: object, at: string, key: string): string {
  const text = JSON.stringify(document)
  expect(text).toContain(at)
  return text.replace(at, () => `${at}${key},`)
}

const full = image({ subject: descriptor(3), annotations: { a: 'b' } })

describe('a key that an object has twice is refused (RFC 8259 section 4, image-spec: no duplicate keys)', () => {
  test.each([
    ['the manifest', spoilt(full, '{', '"mediaType":"a/b"'), 'mediaType'],
    ['its config', spoilt(full, '"config":{', `"digest":"${DIGEST}"`), 'digest'],
    ['a layer', spoilt(full, '"layers":[{', '"size":1'), 'size'],
    ['its subject', spoilt(full, '"subject":{', `"digest":"${DIGEST}"`), 'digest'],
    ['its annotations', spoilt(full, '"annotations":{', '"a":"c"'), 'a'],
    ['an index', spoilt(index(), '{', '"manifests":[]'), 'manifests'],
    ['an entry of an index', spoilt(index({ manifests: [descriptor(1)] }), '[{', '"urls":[]'), 'urls'],
    ['other white space', spoilt(full, '{', '"mediaType" \n\t\r:"a/b"'), 'mediaType'],
    ['other spellings of a character', spoilt(full, '{', '"\\u006dediaType":"a/b"'), 'mediaType'],
    ['a key with quotes', spoilt(full, '{', '"\\"\\\\":1,"\\u0022\\\\":1'), '"\\'],
    ['__proto__', spoilt(full, '{', '"__proto__":{},"__proto__":[]'), '__proto__'],
    ['a field that nobody knows', spoilt(full, '{', '"x":1,"x":1'), 'x'],
  ])('in %s', (_, text, key) => {
    const doubled = key === 'urls' ? text.replace('"urls":[],', '"urls":[],"urls":[],') : text
    const fault = faultOf(() => parseManifest(bytes(doubled), null))
    expect(fault).toMatchObject({ code: 'MANIFEST_INVALID', status: 400 })
    expect(fault.message).toContain(`${JSON.stringify(key)} twice`)
  })

  test('the error repeats little of a long key', () => {
    const long = JSON.stringify('x'.repeat(100_000))
    const fault = faultOf(() => parseManifest(bytes(spoilt(full, '{', `${long}:1,${long}:2`)), null))
    expect(fault.message.length).toBeLessThan(300)
  })

  test('the same word as a value, in another object or deeper than anybody reads is none', () => {
    const fields = {
      a: 'a',
      b: ['a', 'a', '"a":'],
      annotations: { a: 'a', b: '"a":"a","a":"a"', c: '\\' },
      layers: [descriptor(8), descriptor(9)],
    }
    const text = JSON.stringify(image(fields)).replace('"a":"a"', '"a":[[{"a":1,"a":2}]]')
    expect(parseManifest(bytes(text), null).references).toHaveLength(3)
  })

  test('whatever JSON comes: it is found if and only if there is one', () => {
    const value = fc.jsonValue({ maxDepth: 2 })
    const pairs = fc.array(fc.tuple(fc.constantFrom('a', 'b', '"', '\\', '€', '\n'), value), { maxLength: 5 })
    fc.assert(
      fc.property(pairs, (list) => {
        const text = `{${list.map(([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`).join(',')}}`
        const { message } = faultOf(() => parseManifest(bytes(text), null))
        expect(/twice/.test(message)).toBe(new Set(list.map(([key]) => key)).size < list.length)
      }),
    )
  })
})
