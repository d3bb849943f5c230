import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Defect } from './defect.ts'
import { COUNTS, defects } from './defects.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('every number of every source is there, and every letter', () => {
  const found = Object.keys(COUNTS).map((prefix) => {
    const rest = defects.filter(({ id }) => id.startsWith(prefix)).map(({ id }) => id.slice(prefix.length))
    return [prefix, rest] as const
  })
  expect(found.flatMap(([, rest]) => rest).length).toBe(defects.length)
  for (const [prefix, rest] of found) {
    const numbers = [...new Set(rest.map((each) => Number.parseInt(each, 10)))]
    expect([prefix, numbers]).toEqual([prefix, Array.from({ length: COUNTS[prefix]! }, (_, i) => i + 1)])
    for (const number of numbers) {
      const letters = rest.filter((each) => Number.parseInt(each, 10) === number)
      const expected = letters.map((_, i) => `${number}${String.fromCharCode(97 + i)}`)
      expect(letters).toEqual(letters.length === 1 ? [String(number)] : expected)
    }
  }
})

test('every test that is named is there', () => {
  const missing = defects.filter(({ shown }) => 'file' in shown && !holds(shown))
  expect(missing.map(({ id, shown }) => [id, shown])).toEqual([])
})

test('every test here is named after a defect', () => {
  const ids = defects.map(({ id }) => id)
  const names = readdirSync(`${ROOT}test/regressions`)
    .filter((name) => name.endsWith('.test.ts') && name !== 'count.test.ts')
    .flatMap((name) => [...textOf(`test/regressions/${name}`).matchAll(/^test\(\s*'([^']*)'/gm)])
    .map((match) => match[1]!)
  expect(names.length).toBeGreaterThan(30)
  const strange = names.filter((name) => {
    const id = /^(.*?): /.exec(name)?.[1] ?? ''
    return !ids.some((each) => each === id || (each.startsWith(id) && each.length === id.length + 1))
  })
  expect(strange).toEqual([])
})

/** Quotes in a title would be escaped in its file; none has one. */
function holds({ file, title }: Extract<Defect['shown'], { file: string }>): boolean {
  return existsSync(ROOT + file) && textOf(file).includes(title)
}

function textOf(file: string): string {
  return readFileSync(ROOT + file, 'utf8')
}
