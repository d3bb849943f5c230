/**
 * Lists that know whether more comes behind what was asked of them. Who shows a page has to tell that, and would ask for
 * one entry more to find out; of a registry elsewhere that is another request than the one its own client sends, and too
 * much where a page has its greatest size already.
 *
 * It hangs on the iterable, as batches do (`batches.ts`): a wrapper makes another iterable, and so loses it by
 * construction.
 * @module
 */

const known = new WeakMap<AsyncIterable<unknown>, () => boolean>()

/**
 * Remembers what tells whether there is more.
 * @param hasMore Is asked when the last entry that was wanted has come, and before the list is left.
 */
export function markFurther<T>(list: AsyncIterable<T>, hasMore: () => boolean): AsyncIterable<T> {
  known.set(list, hasMore)
  return list
}

/** What tells whether there is more behind a list; absent if nobody knows. */
export function furtherOf(list: AsyncIterable<unknown>): (() => boolean) | undefined {
  return known.get(list)
}
