/**
 * Plays test cases so that a seed is all that a failure needs.
 * @module
 */

import { vi } from 'vitest'
import type { Scenario } from './programs.ts'
import type { ShapeName } from './shapes.ts'
import { play, type Spoil } from './world.ts'

/** Ids and nonces are the same in every run. */
async function repeatable<T>(run: () => Promise<T>): Promise<T> {
  let state = 1
  const random = vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    const bytes = array as unknown as Uint8Array
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      bytes[i] = state >>> 24
    }
    return array
  })
  try {
    return await run()
  } finally {
    random.mockRestore()
  }
}

/** Plays a test case; what is wrong is thrown, with everything that happened. */
export async function holds(
  scenario: Scenario,
  shape: ShapeName = 'a file system',
  spoil?: Spoil,
): Promise<void> {
  const { violations, scheduler } = await repeatable(() => play(scenario, shape, spoil))
  if (violations.length > 0) throw new Error(`${violations.join('\n')}\n\n${scheduler.trace.join('\n')}`)
}
