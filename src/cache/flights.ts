/**
 * One piece of work for all who ask for it at the same time, with one outcome for all of them.
 * @module
 */

/** Work under way, by what it is about. */
export interface Flights {
  /** What comes of the work of this name: of that which is under way, else of new work. */
  join<T>(name: string, work: () => Promise<T>): Promise<T>
  /** Waits until nothing is under way. */
  idle(): Promise<void>
}

/** Nothing is under way. A name is always about the same kind of work. */
export function flights(): Flights {
  const running = new Map<string, Promise<unknown>>()
  return {
    join<T>(name: string, work: () => Promise<T>): Promise<T> {
      const before = running.get(name)
      if (before) return before as Promise<T>
      const mine = work().finally(() => running.delete(name))
      running.set(name, mine)
      // Whoever waits sees it fail; it may be that nobody waits any longer.
      mine.catch(() => {})
      return mine
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running.values())
    },
  }
}

/** Waits as long as the caller does; the work goes on without it. */
export async function waitFor<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  signal.throwIfAborted()
  let leave = (): void => {}
  const gone = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
  })
  try {
    return await Promise.race([work, gone])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** What comes of the work, or `null` if it takes longer than `ms`. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
