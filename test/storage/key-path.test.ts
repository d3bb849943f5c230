import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOfName, fileOfKey, folderOfKeys, textOf } from '../../adapters/storage/fs/key-path.ts'
import { compareKeys } from '../../src/storage/key.ts'

/** Strings as they come, and strings made of what is special in a path. */
const keys = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom('.', '/', 'a', 'A', '%', '^', '~', '+', '\0', 'é', '2', 'e'),
    minLength: 1,
  }),
  fc.string({ unit: fc.constantFrom('x', 'X', '.', 'é', '😀', '/'), minLength: 200, maxLength: 400 }),
)

/** What a listing does, for one path. */
function keyOf(path: string): string | null {
  const names = path.slice(0, -1).split('/')
  let key = ''
  let begun = ''
  for (const [i, name] of names.entries()) {
    const more = name.endsWith('~')
    const bytes = bytesOfName(more ? name.slice(0, -1) : name)
    if (bytes === null) return null
    begun += bytes
    if (more) continue
    key += textOf(begun)
    begun = ''
    if (i < names.length - 1) key += '/'
  }
  return key
}

test('a path leads back to its key', () => {
  fc.assert(
    fc.property(keys, (key) => {
      expect(keyOf(fileOfKey(key))).toBe(key)
    }),
  )
})

test('a path stays inside, in names that every disk takes', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const path = fileOfKey(key)
      expect(path).toMatch(/^[a-z0-9._!=%^~+/-]+$/)
      for (const name of path.split('/')) {
        expect(name).not.toMatch(/^(\.|$)/)
        expect(name.length).toBeLessThanOrEqual(241)
      }
    }),
  )
})

test('two keys have two paths, also where case does not count', () => {
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      fc.pre(a !== b)
      expect(fileOfKey(a).toLowerCase()).not.toBe(fileOfKey(b).toLowerCase())
    }),
  )
})

test('no file is in the way of a folder', () => {
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      expect(`${fileOfKey(b)}/`.startsWith(`${fileOfKey(a)}/`)).toBe(a === b)
      expect(folderOfKeys(`${b}/`)).not.toBe(fileOfKey(a))
    }),
  )
})

test('a key lies in the folder of its beginning', () => {
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      expect(fileOfKey(`${a}/${b}`)).toBe(`${folderOfKeys(`${a}/`)}/${fileOfKey(b)}`)
    }),
  )
})

test('the order of keys is that of their bytes', () => {
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

test('plain names are kept as they are', () => {
  expect(fileOfKey('repositories/library/nginx/_tags/latest')).toBe(
    'repositories/library/nginx/_tags/latest+',
  )
  expect(fileOfKey('catalog/a!')).toBe('catalog/a!+')
  expect(fileOfKey('V1')).toBe('^v1+')
  expect(fileOfKey('../x')).toBe('%2e./x+')
})
