import process from 'node:process'
import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { RULES, sessionSystem } from './session-model.ts'
import type { Job } from './session-world.ts'

const LARGE = process.env['OCIKIT_MODEL'] === 'large'
const LIMIT = LARGE ? 4_000_000 : 300_000
const TIMEOUT = LARGE ? 1_200_000 : 60_000

const safe: [string, Job[][]][] = [
  [
    'two writers, two chunks each',
    [
      ['write', 'write'],
      ['write', 'write'],
    ],
  ],
  ['three writers, one chunk each', [['write'], ['write'], ['write']]],
  [
    'a writer, and one that finishes',
    [
      ['write', 'write'],
      ['write', 'finish'],
    ],
  ],
  ['two that finish', [['write', 'finish'], ['finish']]],
  ['a writer, a finish and a cancel', [['write'], ['finish'], ['cancel']]],
  [
    'two that write and finish',
    [
      ['write', 'finish'],
      ['write', 'finish'],
    ],
  ],
]
const large: [string, Job[][]][] = [
  [
    'three writers, two chunks each',
    [
      ['write', 'write'],
      ['write', 'write'],
      ['write', 'write'],
    ],
  ],
  [
    'two writers, three chunks each',
    [
      ['write', 'write', 'write'],
      ['write', 'write', 'write'],
    ],
  ],
  ['two that write and finish, one that cancels', [['write', 'finish'], ['write', 'finish'], ['cancel']]],
]

describe('an upload session loses nothing, whoever is overtaken', () => {
  test.each([...safe, ...(LARGE ? large : [])])('%s', { timeout: TIMEOUT }, (name, jobs) => {
    const found = explore(sessionSystem(jobs), LIMIT)
    if (LARGE) console.log(`${name}: ${found.states} states`)
    expect(found.violation, found.trace.join('\n')).toBeNull()
    expect(LARGE || found.complete).toBe(true)
  })
})

describe('the checker finds what each rule prevents', () => {
  test.each([
    [
      'no copy after an attempt was overtaken',
      { fork: false },
      [
        ['write', 'write'],
        ['write', 'write'],
      ],
    ],
    [
      'anybody may begin an attempt',
      { claim: false },
      [
        ['write', 'write'],
        ['write', 'write'],
      ],
    ],
    ['anybody may end an attempt', { exclusiveEnd: false }, [['write'], ['write']]],
    ['a cancel removes sealed bytes', { keepSealed: false }, [['write', 'finish'], ['cancel']]],
  ] satisfies [string, Partial<typeof RULES>, Job[][]][])('%s', { timeout: TIMEOUT }, (_, change, jobs) => {
    const found = explore(sessionSystem(jobs, { ...RULES, ...change }), LIMIT)
    expect(found.violation).not.toBeNull()
    expect(found.trace.length).toBeGreaterThan(2)
  })
})
