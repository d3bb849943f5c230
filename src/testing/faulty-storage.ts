import type { Storage } from '../storage/index.ts'

/** What befalls one call: it fails and had no effect, it fails and had its effect, or it takes 5 milliseconds more. */
export type Mishap = 'error' | 'lost answer' | 'delay'

/** A storage one of whose calls goes wrong. */
export interface FaultyStorage {
  /** The same storage. */
  readonly storage: Storage
  /** Calls so far, of its records and contents together. */
  count(): number
  /**
   * Lets the call after so many others go wrong, counted from now; what was planned before is forgotten.
   * @param after 0 is the next one.
   */
  plan(after: number, mishap: Mishap): void
}

/** What a call that went wrong is rejected with. */
export class FaultError extends Error {}

/**
 * The same storage, but a call goes wrong when that is planned: to try, at every call in turn, what is left when it
 * fails there. Bodies that a failing call was given are left as they are.
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { faultyStorage } from 'ocikit/testing'
 *
 * const { storage, plan } = faultyStorage(memory())
 * const registry = createStore({ storage })
 * plan(0, 'error')
 * await registry.getManifest('a', 'latest').catch((error) => console.log(error.message)) // no effect
 * ```
 */
export function faultyStorage(inner: Storage): FaultyStorage {
  let calls = 0
  let planned: { readonly at: number; readonly mishap: Mishap } | null = null
  const next = () => (planned?.at === ++calls ? planned.mishap : null)
  return {
    storage: mishapping(inner, next, (why) => new FaultError(why)),
    count: () => calls,
    plan: (after, mishap) => {
      planned = { at: calls + after + 1, mishap }
    },
  }
}

/** The same storage, but what befalls a call is what `next` says, which is asked once for each. */
export function mishapping(
  inner: Storage,
  next: () => Mishap | null,
  fault: (why: string) => Error,
): Storage {
  const befall = async (run: () => unknown): Promise<unknown> => {
    const mishap = next()
    if (mishap === 'error') throw fault('no effect')
    if (mishap === 'delay') await new Promise((resolve) => setTimeout(resolve, 5))
    const result = await run()
    if (mishap === 'lost answer') throw fault('the answer was lost')
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
  return { ...inner, records: wrap(inner.records), contents: wrap(inner.contents) }
}

async function* listing(
  run: () => AsyncIterable<unknown>,
  befall: (run: () => unknown) => Promise<unknown>,
): AsyncGenerator<unknown, void, void> {
  await befall(async () => {})
  yield* run()
}
