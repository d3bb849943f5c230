/**
 * Lists that come in batches. An async iterable costs several promises for each item, which for 10,000 tags is most
 * of the work and of the memory; whoever knows of this page asks for the batches behind it.
 *
 * They hang on the iterable, as files do on streams (`body.ts`): a wrapper that changes what is listed makes another
 * iterable, and so loses them by construction.
 *
 * Batches do not change. A source that remembers what it lists gives the same ones again, and then what is made of
 * them can be remembered with them: {@link madeOnce}.
 * @module
 */

type Batches<T> = AsyncIterable<readonly T[]>

const known = new WeakMap<AsyncIterable<unknown>, Batches<unknown>>()

/**
 * The items of batches one by one, with the batches behind them.
 * @param signal Ends the list between two items; the batches have to look at it themselves.
 */
export function oneByOne<T>(batches: Batches<T>, signal?: AbortSignal): AsyncIterable<T> {
  const items = each(batches, signal)
  known.set(items, batches)
  return items
}

async function* each<T>(batches: Batches<T>, signal: AbortSignal | undefined): AsyncGenerator<T, void, void> {
  for await (const batch of batches) {
    for (const item of batch) {
      yield item
      signal?.throwIfAborted()
    }
  }
}

/** The items of a list that nobody has begun, some at a time: in its batches, or else each by itself. */
export function inBatches<T>(list: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  return (known.get(list) as Batches<T> | undefined) ?? alone(list)
}

/** Shorter ones are made anew sooner than they are found. */
const WORTH_KEEPING = 64

/**
 * What `make` makes of a batch, made once for as long as somebody keeps the batch. Everybody gets the same value: it
 * must not be changed.
 */
export function madeOnce<T, U extends object>(make: (batch: readonly T[]) => U): (batch: readonly T[]) => U {
  const made = new WeakMap<readonly T[], U>()
  return (batch) => {
    if (batch.length < WORTH_KEEPING) return make(batch)
    const before = made.get(batch)
    if (before !== undefined) return before
    const value = make(batch)
    made.set(batch, value)
    return value
  }
}

async function* alone<T>(list: AsyncIterable<T>): AsyncGenerator<readonly T[], void, void> {
  for await (const item of list) yield [item]
}
