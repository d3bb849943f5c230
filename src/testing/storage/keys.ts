/**
 * Keys are any strings.
 * @module
 */

import type { StorageTests } from './scope.ts'
import { text, utf8 } from './scope.ts'

const LONG = 'l'.repeat(300)

/** Keys that drivers have tripped over: paths that lead elsewhere, case, escapes, length, planes of Unicode. */
const ODD: readonly string[] = [
  ...['.', '..', '../x', '../../../../etc/passwd', 'a/../b', 'a/./b', './a', '...', '.a', '.a/.b', 'a/..'],
  ...['/', '//', '/a', 'a/', 'a//b', 'a/b', 'a', 'a!', 'a-', 'a.', 'a0', 'a~', 'a+', 'a/b/c', 'a/b/'],
  ...['\0', 'nul\0nul', 'back\\slash', '..\\..\\x', 'C:\\x', 'a:b', 'a*?"<>|', ' ', 'a ', ' a', '\n', '\x7f'],
  ...['%', '%2e', '%2E', '%2e%2e', '%2e%2e/x', '%00', '%41', 'a%', 'a%2fb', '^', '^a', '+', '~', '=', '!'],
  ...['V1', 'v1', 'A', 'A/B', 'a/B', 'A/b', 'ÄÖ', 'äö', 'é', 'e\u0301', '日本/語', '\ufeff', 'a\ufeff'],
  ...['\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}', 'x\u{1f600}y', 'x\uffe5y'],
  ...['CON', 'nul', 'aux.txt', 'lost+found', 'x.part', 'x+part', '__proto__', 'constructor'],
  ...['A'.repeat(128), 'a'.repeat(255), LONG, `${LONG}/a`, `${LONG}a`, `${LONG}!`, `${'.'.repeat(300)}/b`],
  ...[`${'é'.repeat(120)}x`, `${'é'.repeat(120)}/x`, 'é'.repeat(120), '😀'.repeat(70), `${'😀'.repeat(70)}a`],
  ...[
    `${'b'.repeat(240)}`,
    `${'b'.repeat(239)}`,
    `${'b'.repeat(241)}`,
    `${'b'.repeat(240)}/c`,
    `${'b'.repeat(240)}.`,
  ],
]

/** Every string is a key of its own, and the order of keys is that of their UTF-8 bytes. */
export const keyTests: StorageTests = {
  'keys: odd ones are kept apart and listed in bytewise order': async ({ records, key, keys, expect }) => {
    for (const name of ODD) {
      expect(await records.get(key(name))).toBe(null)
      expect(typeof (await records.create(key(name), utf8(name), { volatile: true }))).toBe('string')
    }
    for (const name of ODD) expect(text((await records.get(key(name)))?.value)).toBe(name)
    const sorted = [...ODD].sort(bytewise)
    expect(await keys()).toEqual(sorted)
    // Every key is a bound as well, and so is what lies just behind it.
    for (const [i, after] of sorted.entries()) {
      expect(await keys('', { after, limit: 3 })).toEqual(sorted.slice(i + 1, i + 4))
      const beyond = sorted.filter((name) => bytewise(name, `${after}\0`) > 0)
      expect(await keys('', { after: `${after}\0`, limit: 3 })).toEqual(beyond.slice(0, 3))
    }
    for (const prefix of ODD) {
      expect(await keys(prefix)).toEqual(sorted.filter((name) => name.startsWith(prefix)))
    }
    await records.drop(ODD.map(key))
    expect(await keys()).toEqual([])
  },

  'keys: nothing before the first segment is taken away': async ({ records, id, expect }) => {
    const names = [`/${id}`, `//${id}`, `../${id}`, `./${id}`, id, `%2e%2e/${id}`, `..\\${id}`, `~/${id}`]
    for (const name of names) await records.put(name, utf8(name))
    for (const name of names) expect(text((await records.get(name))?.value)).toBe(name)
    for (const name of names) {
      const found: string[] = []
      for await (const entry of records.list(name)) found.push(entry.key)
      expect(found).toEqual([name])
    }
    await records.drop(names)
  },

  'keys: the longest that the driver promises': async ({ storage, records, key, keys, expect }) => {
    const room = storage.traits.maxKey - key('').length
    for (const char of ['a', 'A', '/', 'a/']) {
      const name = char.repeat(room).slice(0, room)
      await records.create(key(name), utf8(char), { volatile: true })
      expect(text((await records.get(key(name)))?.value)).toBe(char)
      expect(await keys(name.slice(0, -1))).toEqual([name])
    }
  },

  'keys: an empty one is refused': async ({ records, expectRejection }) => {
    await expectRejection(records.get(''))
    await expectRejection(records.put('', utf8('x')))
    await expectRejection(records.create('', utf8('x')))
  },
}

/** Order by UTF-8 bytes, the slow and obvious way. */
function bytewise(a: string, b: string): number {
  const x = utf8(a)
  const y = utf8(b)
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i]! - y[i]!
  return x.length - y.length
}
