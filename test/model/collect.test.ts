import { describe, expect, test } from 'vitest'
import { collectSystem } from './collect-model.ts'
import type { Actor, CollectRules } from './collect-world.ts'
import { explore } from './explore.ts'

const LIMIT = 1_000_000
const ALL: Actor[] = ['collector', 'contents', 'put', 'delete manifest']

describe('a collector harms nobody, in every order of steps', () => {
  test.each([
    ['two collectors', ['collector', 'other collector', 'put', 'delete manifest'], { end: 7 }],
    ['two collectors and a push', ['collector', 'other collector', 'head', 'push'], { end: 6 }],
    ['a push', ['collector', 'contents', 'put', 'push'], { end: 7 }],
    ['a mount', ['collector', 'contents', 'mount', 'delete blob'], { end: 9 }],
    ['HEAD', ['collector', 'contents', 'head', 'delete manifest'], { end: 9 }],
    ['a mount and a push', ['contents', 'push', 'mount', 'delete blob'], { end: 7 }],
    ['a session that lives', ['contents', 'session', 'mount', 'delete blob'], { end: 8 }],
    ['clocks that differ', ALL, { skew: 1, deadline: 0 }],
    ['stale listings', ALL, { grace: 8, end: 16, stale: 2 }],
  ] satisfies [string, Actor[], Partial<CollectRules>][])('%s', { timeout: 120_000 }, (_, actors, change) => {
    const found = explore(collectSystem(actors, change), LIMIT)
    expect(found.violation, found.trace.join('\n')).toBeNull()
    expect(found.complete).toBe(true)
  })
})

describe('the checker finds what each rule prevents', () => {
  const mounted: Actor[] = ['contents', 'mount', 'delete blob']
  test.each([
    ['old links are not written again', { touch: false }, ALL],
    ['links are removed unconditionally', { conditional: false }, ALL],
    ['ages are measured against now', { fromStart: false }, ALL],
    ['versions are not fresh', { nonce: false }, ALL],
    ['nobody hurries', { inTime: false, end: 13 }, ALL],
    ['bytes go after one listing', { twice: false }, mounted],
    ['bytes go without waiting', { wait: false }, mounted],
    ['a place is used again', { fresh: false }, ['collector', 'contents', 'push']],
    ['the bytes of a session that lives may go', { sessions: false }, ['contents', 'session', 'delete blob']],
    ['clocks differ too much', { skew: 2 }, ALL],
    ['listings are too stale', { stale: 6 }, ALL],
  ] satisfies [string, Partial<CollectRules>, Actor[]][])('%s', { timeout: 120_000 }, (_, change, actors) => {
    const found = explore(collectSystem(actors, { end: 11, ...change }), LIMIT)
    expect(found.violation).not.toBeNull()
    expect(found.trace.length).toBeGreaterThan(2)
  })
})
