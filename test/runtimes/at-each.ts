/**
 * A whole life of a client for each thing that can go wrong.
 * @module
 */

import { expect } from 'vitest'
import { checkVisible, type World, wholeLife } from './s3/client.ts'

/** A world in which a call to the store can go wrong. */
export interface FallibleWorld<Mishap> extends World {
  readonly faults: {
    /** Calls so far. */
    count(): number
    /** Lets the call after so many others go wrong, counted from now. */
    plan(after: number, mishap: Mishap): void
  }
}

/** Which calls go wrong (all), and what is to be looked at after each. */
interface Choice<W> {
  readonly first?: number
  readonly step?: number
  readonly after?: (world: W) => Promise<void>
}

/** Lives a whole life for each call that can go wrong, or for some of them; looks at the world after each. */
export async function atEachCall<Mishap, W extends FallibleWorld<Mishap>>(
  make: () => Promise<W>,
  mishap: Mishap,
  { first = 0, step = 1, after = async () => {} }: Choice<W> = {},
): Promise<void> {
  const quiet = await make()
  const begin = quiet.faults.count()
  await wholeLife(quiet)
  const calls = quiet.faults.count() - begin
  expect(calls).toBeGreaterThan(40)
  for (let at = first; at < calls; at += step) {
    const world = await make()
    world.faults.plan(at, mishap)
    try {
      await wholeLife(world)
      await checkVisible(world)
      await after(world)
    } catch (cause) {
      throw new Error(`call ${at} of ${calls}`, { cause })
    }
  }
}
