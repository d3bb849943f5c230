import { constants } from 'node:os'
import type { Io } from '../main.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Gives work a signal that ends it: on that of `io`, or without one on SIGINT and SIGTERM, of which a second ends all. */
export async function untilStopped<T>(io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  if (io.signal) return work(io.signal)
  const end = new AbortController()
  const stop = (name: (typeof SIGNALS)[number]): void => {
    if (end.signal.aborted) process.exit(128 + constants.signals[name])
    end.abort(new Error('stopped; begin it again to go on where it was'))
  }
  for (const name of SIGNALS) process.on(name, stop)
  try {
    return await work(end.signal)
  } finally {
    for (const name of SIGNALS) process.removeListener(name, stop)
  }
}
