import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { type Actor, type RetainRules, retainSystem } from './retain-model.ts'

const LIMIT = 1_000_000
const TWO: Actor[] = ['retention', 'other retention']

describe('retention harms nobody, in every order of steps', () => {
  test.each([
    ['a push under another tag', ['retention', 'tag'], { end: 8 }],
    ['two, and a push whose tag is deleted', [...TWO, 'tag', 'untag'], { end: 5 }],
    ['an index', ['retention', 'index'], { end: 10 }],
    ['two, and an index', [...TWO, 'index'], { end: 6 }],
    ['an index and a push', ['retention', 'index', 'tag'], { end: 5 }],
    ['HEAD', ['retention', 'head'], { end: 10 }],
    ['a retag', ['retention', 'retag', 'index'], { end: 7 }],
    ['clocks that differ', ['retention', 'index'], { skew: 1, deadline: 0, end: 10 }],
  ] satisfies [string, Actor[], Partial<RetainRules>][])('%s', { timeout: 120_000 }, (_, actors, change) => {
    const found = explore(retainSystem(actors, change), LIMIT)
    expect(found.violation, found.trace.join('\n')).toBeNull()
    expect(found.complete).toBe(true)
  })
})

describe('the checker finds what each rule prevents', () => {
  test.each([
    ['old manifests are not written again', { touch: false }, ['retention', 'index']],
    ['tags are removed unconditionally', { conditionalTag: false }, ['retention', 'retag']],
    ['manifests are removed unconditionally', { conditional: false }, ['retention', 'index']],
    ['ages are measured against now', { fromStart: false }, ['retention', 'index']],
    ['versions are not fresh', { nonce: false }, ['retention', 'index']],
    ['nobody hurries', { inTime: false }, ['retention', 'tag']],
    ['a push under way is judged', { unhurried: false, end: 5 }, [...TWO, 'tag', 'untag']],
    ['an earlier push is remembered', { pushes: false, end: 5 }, [...TWO, 'tag', 'untag']],
    ['clocks differ too much', { skew: 3 }, ['retention', 'index']],
  ] satisfies [string, Partial<RetainRules>, Actor[]][])('%s', { timeout: 120_000 }, (_, change, actors) => {
    const found = explore(retainSystem(actors, { end: 11, ...change }), LIMIT)
    expect(found.violation).not.toBeNull()
    expect(found.trace.length).toBeGreaterThan(2)
  })
})
