import type { Drained } from './contract.ts'

/** What a run is given. */
export interface RunOptions {
  /** Whether one more request is within the limit of whoever asked for the run. */
  readonly within: () => boolean
  /** Ends it, and the waiting for it. */
  readonly signal?: AbortSignal | undefined
}

/** Runs of the same work, one at a time. */
export interface Turns {
  /** Begins a run; while one is under way, all who ask get the same one after it. */
  next(options: RunOptions): Promise<Drained>
  /** When the run that is under way has ended, in whatever way. */
  ended(): Promise<void>
}

/** A run that is under way. */
interface Run {
  ended: Promise<Drained>
  movedAt: number
}

export const NOTHING: Drained = { sent: 0, failed: 0, undeliverable: 0 }

/**
 * Has work done in turns.
 * @param work Asks `goesOn` before each step: false once another run has taken its place.
 * @param silence How long a run may take between two steps, in milliseconds, before another one takes its place: on
 * Workers what a request has deferred may be ended from outside, and never says so.
 */
export function inTurns(
  work: (options: RunOptions, goesOn: () => boolean) => Promise<Drained>,
  silence: number,
): Turns {
  let running: Run | null = null
  let next: Promise<Drained> | null = null

  const begin = (options: RunOptions): Promise<Drained> => {
    const self: Run = { movedAt: performance.now(), ended: Promise.resolve(NOTHING) }
    running = self
    const goesOn = (): boolean => {
      self.movedAt = performance.now()
      return running === self
    }
    self.ended = work(options, goesOn).finally(() => {
      if (running === self) running = null
    })
    return self.ended
  }
  const after = (run: Run, options: RunOptions): Promise<Drained> => {
    const mine: Promise<Drained> = run.ended
      .catch(() => {})
      .then(() => {
        if (next !== mine) return NOTHING
        next = null
        return begin(options)
      })
    return mine
  }

  return {
    async next(options) {
      if (running && performance.now() - running.movedAt > silence) running = next = null
      if (!running && !next) return begin(options)
      // What was written since the run began may have been missed by it.
      if (running) next ??= after(running, options)
      return orNothing(next!, options.signal)
    },
    async ended() {
      await running?.ended.catch(() => {})
    },
  }
}

/** What a run gives; nothing for somebody who waits no longer for it. */
function orNothing(run: Promise<Drained>, signal: AbortSignal | undefined): Promise<Drained> {
  if (!signal) return run
  return new Promise((resolve, reject) => {
    const leave = () => resolve(NOTHING)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    void run.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
