import type { Storage } from '../../src/storage/index.ts'

/** What befalls one call: it fails and had no effect, it fails and had its effect, or it takes its time. */
export type Mishap = 'error' | 'lost answer' | 'delay'

/** A storage one of whose calls goes wrong. */
export interface Failing {
  readonly storage: Storage
  /** Calls so far. */
  readonly count: () => number
  /** Lets the call after so many others go wrong, counted from now. */
  plan(after: number, mishap: Mishap): void
}

export class FaultError extends Error {}

/** The same storage, but a call goes wrong when it is planned. */
export function failing(inner: Storage): Failing {
  let calls = 0
  let planned: { at: number; mishap: Mishap } | null = null
  const befall = async (run: () => unknown): Promise<unknown> => {
    const mishap = planned?.at === ++calls ? planned.mishap : null
    if (mishap === 'error') throw new FaultError('no effect')
    if (mishap === 'delay') await new Promise((resolve) => setTimeout(resolve, 5))
    const result = await run()
    if (mishap === 'lost answer') throw new FaultError('the answer was lost')
    return result
  }
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name, receiver) {
        const value: unknown = Reflect.get(object, name, receiver)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const run = (): unknown => Reflect.apply(value, object, args)
          return name === 'list' ? listing(run as () => AsyncIterable<unknown>, befall) : befall(run)
        }
      },
    })
  return {
    storage: { ...inner, records: wrap(inner.records), contents: wrap(inner.contents) },
    count: () => calls,
    plan: (after, mishap) => {
      planned = { at: calls + after + 1, mishap }
    },
  }
}

async function* listing(
  run: () => AsyncIterable<unknown>,
  befall: (run: () => unknown) => Promise<unknown>,
): AsyncGenerator<unknown, void, void> {
  await befall(async () => {})
  yield* run()
}
