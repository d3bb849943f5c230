import { parseName } from '../oci/index.ts'
import { defineRegistry, type ListOptions, type Registry } from '../registry.ts'
import { directed } from './directed.ts'

/**
 * A registry with the repositories of another that lie below a name, called without it: `app` is `team/app` there.
 * Every name is checked after it was joined, so that none leads out of it: `NAME_INVALID`, also for one that is too long
 * there. Nothing is mounted from beside it.
 *
 * @param prefix A name, as in `team` or `mirror/hub`.
 * @throws `RegistryError` `NAME_INVALID` for a prefix that is no name.
 */
export function sub(inner: Registry, prefix: string): Registry {
  const base = `${parseName(prefix)}/`
  return defineRegistry({
    ...directed(
      (repo) => ({ registry: inner, repo: parseName(base + repo) }),
      (repo) => (repo.startsWith(base) ? repo.slice(base.length) : null),
    ),
    repositories: (options) => below(inner, base, options),
  })
}

/** What lies below a name is in one place of the list: it begins there, and is left behind it. */
async function* below(
  inner: Registry,
  base: string,
  { after = '', ...options }: ListOptions = {},
): AsyncGenerator<string, void, void> {
  for await (const name of inner.repositories({ ...options, after: base + after })) {
    if (!name.startsWith(base)) return
    yield name.slice(base.length)
  }
}
