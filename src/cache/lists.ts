/**
 * Lists through the cache: those of the upstream, and while it cannot answer what is kept of them.
 * @module
 */

import type { CallOptions, Lister } from '../registry.ts'
import { isOutage, shown } from './failures.ts'
import type { Core } from './options.ts'

/** The part of a cache that lists. The repositories are those of which something is kept: public registries list none. */
export function listsThrough(core: Core): Lister {
  const { store, upstream } = core
  return {
    tags: (repo, options) =>
      listed(
        core,
        repo,
        options,
        () => upstream.tags(repo, options),
        () => store.tags(repo, options),
      ),
    referrers: (repo, subject, options) =>
      listed(
        core,
        repo,
        options,
        () => upstream.referrers(repo, subject, options),
        () => store.referrers(repo, subject, options),
      ),
    repositories: (options) => store.repositories(options),
  }
}

/** A list that has begun cannot become another one: it fails. */
async function* listed<T>(
  core: Core,
  repo: string,
  options: CallOptions | undefined,
  there: () => AsyncIterable<T>,
  here: () => AsyncIterable<T>,
): AsyncGenerator<T, void, void> {
  if (core.offline) return yield* here()
  let began = false
  try {
    for await (const entry of there()) {
      began = true
      yield entry
    }
  } catch (error) {
    if (options?.signal?.aborted) throw error
    if (began || !isOutage(error)) throw shown(error)
    if (!(await isKept(core, repo))) throw shown(error)
    options?.context?.warn(`${repo}: only what is kept here is listed: its registry does not answer`)
    yield* here()
  }
}

/** Whether anything of a repository is kept: else an outage would look like an empty repository. */
async function isKept({ store }: Core, repo: string): Promise<boolean> {
  try {
    for await (const _ of store.tags(repo, { limit: 1 })) return true
    return true
  } catch {
    return false
  }
}
