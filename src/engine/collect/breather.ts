/** Steps of a loop over what may all be in memory, before others get a turn. */
const STEPS = 500

/** Lets others have a turn now and then: to be called in each step of a long loop. */
export function breather(): () => Promise<void> | undefined {
  let steps = 0
  return () => (++steps % STEPS === 0 ? new Promise((resolve) => setTimeout(resolve)) : undefined)
}
