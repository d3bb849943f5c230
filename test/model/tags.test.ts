import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { type Actor, RULES, type TagRules, tagSystem } from './tags-model.ts'

const LIMIT = 100_000

describe('deleting by digest takes no tag that it should not', () => {
  test.each([
    [['delete', 'push', 'retag']],
    [['delete', 'push']],
    [['delete', 'retag']],
    [['push', 'retag']],
    [['delete']],
  ] satisfies [Actor[]][])('%j', (actors) => {
    const found = explore(tagSystem(actors), LIMIT)
    expect(found.violation, found.trace.join('\n')).toBeNull()
    expect(found.complete).toBe(true)
  })
})

describe('the checker finds what each rule prevents', () => {
  test.each([
    ['tags are removed unconditionally', { conditional: false }, ['delete', 'retag']],
    ['the manifest is not looked for again', { recheck: false }, ['delete', 'push', 'retag']],
    ['the manifest goes last', { manifestFirst: false }, ['delete']],
    ['reverse keys are removed', { reverse: 'remove' }, ['delete', 'push']],
    ['reverse keys are removed as listed', { reverse: 'remove as listed' }, ['delete', 'push']],
  ] satisfies [string, Partial<TagRules>, Actor[]][])('%s', (_, change, actors) => {
    const found = explore(tagSystem(actors, { ...RULES, ...change }), LIMIT)
    expect(found.violation).not.toBeNull()
    expect(found.trace.length).toBeGreaterThan(2)
  })
})
