import { RegistryError } from '../oci/index.ts'
import { type CallOptions, defineRegistry, type ListOptions, type Registry } from '../registry.ts'
import { directed, type Target } from './directed.ts'

/**
 * A registry that finds another one for each repository, at each call. `null` is `NAME_UNKNOWN`, and what `choose` throws
 * is what the caller gets. Mounts work within one registry; repositories are not listed, since nobody knows all
 * registries: see {@link routeHosts}.
 *
 * @param choose Is given the repository and the options of the call. A repository that is called otherwise there
 *   comes as `{ registry, repo }`.
 */
export function route(
  choose: (
    repository: string,
    options: CallOptions,
  ) => Registry | Target | null | Promise<Registry | Target | null>,
): Registry {
  return defineRegistry(
    directed(async (repo, _, options = {}) => {
      const found = await choose(repo, options)
      if (!found) throw unknown(repo)
      return 'registry' in found ? found : { registry: found, repo }
    }),
  )
}

/**
 * One registry of several, each below its name: `ghcr.io/team/app` is `team/app` of the registry called `ghcr.io`.
 * Their repositories are listed together.
 *
 * @param registries By name; a name is the first part of a repository's, so it has no slash and no port.
 */
export function routeHosts(registries: Readonly<Record<string, Registry>>): Registry {
  const routed = route((name) => {
    const slash = name.indexOf('/')
    const host = name.slice(0, Math.max(0, slash))
    return Object.hasOwn(registries, host)
      ? { registry: registries[host]!, repo: name.slice(slash + 1) }
      : null
  })
  return defineRegistry({ ...routed, repositories: (options) => allOf(registries, options) })
}

/** One after another is bytewise order, if the slash behind each name counts. */
async function* allOf(
  registries: Readonly<Record<string, Registry>>,
  { after = '', limit = Number.POSITIVE_INFINITY, ...call }: ListOptions = {},
): AsyncGenerator<string, void, void> {
  let left = limit
  const names = Object.keys(registries).map((name) => `${name}/`)
  for (const base of names.sort()) {
    const isInside = after.startsWith(base)
    if (left <= 0 || (!isInside && base < after)) continue
    const bounds = {
      ...(isInside ? { after: after.slice(base.length) } : {}),
      ...(left === Number.POSITIVE_INFINITY ? {} : { limit: left }),
    }
    for await (const name of registries[base.slice(0, -1)]!.repositories({ ...call, ...bounds })) {
      yield base + name
      left--
    }
  }
}

function unknown(name: string): RegistryError {
  return new RegistryError('NAME_UNKNOWN', 'there is no registry for a repository of this name', {
    detail: { name },
  })
}
