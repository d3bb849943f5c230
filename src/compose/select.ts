import { RegistryError } from '../oci/index.ts'
import type { Registry } from '../registry.ts'
import { checkAccess } from './check-access.ts'

/**
 * A registry with some of the repositories of another. The others do not exist: they are `NAME_UNKNOWN`, are not
 * listed and not mounted from, and cannot be pushed to (`DENIED`).
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { select } from 'ocikit/compose'
 *
 * const ours = select(createStore({ storage: memory() }), (name) => name.startsWith('team/'))
 * await ours.getManifest('other/app', 'v1').catch((error) => console.log(error.code)) // NAME_UNKNOWN
 * ```
 */
export function select(
  inner: Registry,
  isShown: (repository: string) => boolean | Promise<boolean>,
): Registry {
  return checkAccess(inner, async ({ repository, kind }) => {
    if (repository === null || (await isShown(repository))) return true
    if (kind === 'write')
      throw new RegistryError('DENIED', 'nothing can be pushed to a repository of this name')
    throw new RegistryError('NAME_UNKNOWN', 'there is no repository of this name', {
      detail: { name: repository },
    })
  })
}
