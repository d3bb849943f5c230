/**
 * Lists of several registries as one.
 * @module
 */

import type { Digest } from '../oci/index.ts'
import type { CallOptions, ListOptions, Referrer, Registry } from '../registry.ts'
import { type Failure, isMissing, throwFirst } from './failures.ts'

/**
 * Merges lists in bytewise order, each entry once; no more of each is read than is given. A list that is missing is
 * left out, unless all are.
 */
export async function* merged(
  lists: readonly AsyncIterable<string>[],
  { limit = Number.POSITIVE_INFINITY }: ListOptions = {},
): AsyncGenerator<string, void, void> {
  if (limit <= 0) return
  const iterators = lists.map((list) => list[Symbol.asyncIterator]())
  try {
    const heads = await firstOf(iterators)
    let given = 0
    while (heads.size > 0 && given < limit) {
      const least = [...heads.values()].reduce((a, b) => (a < b ? a : b))
      yield least
      given++
      for (const [iterator, head] of [...heads]) {
        if (head !== least) continue
        const { value, done } = await iterator.next()
        if (done) heads.delete(iterator)
        else heads.set(iterator, value)
      }
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()))
  }
}

async function firstOf(
  iterators: readonly AsyncIterator<string>[],
): Promise<Map<AsyncIterator<string>, string>> {
  const heads = new Map<AsyncIterator<string>, string>()
  const results = await Promise.allSettled(iterators.map((iterator) => iterator.next()))
  const failures: Failure[] = []
  for (const [i, result] of results.entries()) {
    if (result.status === 'rejected') failures.push({ registry: i, error: result.reason })
    else if (!result.value.done) heads.set(iterators[i]!, result.value.value)
  }
  if (failures.some(({ error }) => !isMissing(error)) || failures.length === iterators.length)
    throwFirst(failures)
  return heads
}

/**
 * Referrers of one registry after another, each once. A cursor is the digest of its entry. A list that is missing is
 * left out, unless all are.
 */
export async function* allReferrers(
  registries: readonly Registry[],
  repo: string,
  subject: Digest,
  { after, ...options }: CallOptions & { artifactTypes?: readonly string[]; after?: string } = {},
): AsyncGenerator<Referrer, void, void> {
  const seen = new Set<Digest>()
  let isBehind = after === undefined
  const missing: Failure[] = []
  for (const [no, registry] of registries.entries()) {
    const list = registry.referrers(repo, subject, options)
    for await (const entry of unlessMissing(list, (error) => missing.push({ registry: no, error }))) {
      const { digest } = entry.descriptor
      if (seen.has(digest)) continue
      seen.add(digest)
      if (isBehind) yield { ...entry, cursor: digest }
      else isBehind = digest === after
    }
  }
  if (missing.length === registries.length) throwFirst(missing)
  // The entry is gone: rather everything again than something left out.
  if (!isBehind) yield* allReferrers(registries, repo, subject, options)
}

async function* unlessMissing<T>(
  list: AsyncIterable<T>,
  tell: (error: unknown) => void,
): AsyncGenerator<T, void, void> {
  try {
    yield* list
  } catch (error) {
    if (!isMissing(error)) throw error
    tell(error)
  }
}
