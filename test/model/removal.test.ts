import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { markerSystem } from './marker-model.ts'
import { tombstones } from './tombstone-model.ts'

describe('conditional removal by a marker', () => {
  test('is safe if a writer waits longer than a delete may take', () => {
    const found = explore(markerSystem({ wait: 3, send: 1, land: 1 }), 100_000)
    expect(found.violation, found.trace.join('\n')).toBeNull()
    expect(found.complete).toBe(true)
  })

  test.each([2, 1])('is not if it waits %i', (wait) => {
    expect(explore(markerSystem({ wait, send: 1, land: 1 }), 100_000).violation).not.toBeNull()
  })
})

test('marking, waiting and looking again loses an acknowledged manifest, in 11 steps', () => {
  const { violation, trace } = explore(tombstones, 100_000)
  expect(violation).not.toBeNull()
  expect(trace.length).toBe(11)
})
