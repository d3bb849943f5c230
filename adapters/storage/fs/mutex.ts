/**
 * One thing at a time for each name.
 * @module
 */

/** Runs `work` once all earlier work under `name` has ended. */
export type Mutex = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** Mutexes by name. A name costs memory only while somebody works under it. */
export function mutex(): Mutex {
  const tails = new Map<string, Promise<void>>()
  return (name, work) => {
    const turn = (tails.get(name) ?? Promise.resolve()).then(work)
    const end = (): void => {
      if (tails.get(name) === tail) tails.delete(name)
    }
    const tail: Promise<void> = turn.then(end, end)
    tails.set(name, tail)
    return turn
  }
}
