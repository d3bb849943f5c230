/** The assertions of the suites, for a runtime where no test runner runs. */

import type { Expect } from '../../../src/testing/index.ts'

export const expect: Expect = (value) => ({
  toBe(expected) {
    if (!Object.is(value, expected)) throw new Error(`${show(value)} is not ${show(expected)}`)
  },
  toEqual(expected) {
    if (!isEqual(value, expected)) throw new Error(`${show(value)} does not equal ${show(expected)}`)
  },
})

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Set && b instanceof Set) return isEqual([...a].sort(), [...b].sort())
  const [x, y] = [present(a), present(b)]
  return x.size === y.size && [...x].every(([name, member]) => y.has(name) && isEqual(member, y.get(name)))
}

/** An undefined member is as good as none. */
function present(value: object): Map<string, unknown> {
  return new Map(Object.entries(value).filter(([, member]) => member !== undefined))
}

function show(value: unknown): string {
  const text = value instanceof Set ? JSON.stringify([...value]) : (JSON.stringify(value) ?? String(value))
  return text.length > 500 ? `${text.slice(0, 500)}...` : text
}
