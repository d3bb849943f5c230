/**
 * Scopes of tokens: `type:name:action,action` (Docker's token authentication specification).
 *
 * A list of scopes in one order, each resource once, is a set of them; anything else that a server writes is kept
 * as it is.
 * @module
 */

/** The right to list repositories. */
export const CATALOG_SCOPE = 'registry:catalog:*'

/** Rights on a repository. */
export function repositoryScope(name: string, ...actions: readonly string[]): string {
  return `repository:${name}:${[...actions].sort().join(',')}`
}

/** The scopes of a challenge, which are separated by spaces. */
export function parseScopes(text: string): string[] {
  return mergeScopes(text.split(/\s+/).filter(Boolean))
}

/** The union, in one order. */
export function mergeScopes(...lists: readonly (readonly string[])[]): string[] {
  const resources = new Map<string, Set<string>>()
  for (const scope of lists.flat()) {
    const { resource, actions } = split(scope)
    const found = resources.get(resource) ?? new Set()
    for (const action of actions) found.add(action)
    resources.set(resource, found)
  }
  return [...resources]
    .map(([resource, actions]) =>
      actions.size === 0 ? resource : `${resource}:${[...actions].sort().join(',')}`,
    )
    .sort()
}

/** Whether `granted` has every right in `wanted`. */
export function holdsScopes(granted: readonly string[], wanted: readonly string[]): boolean {
  const both = mergeScopes(granted, wanted)
  const own = mergeScopes(granted)
  return both.length === own.length && both.every((scope, i) => scope === own[i])
}

/** The name may have a colon of its own, that of a port. */
function split(scope: string): { resource: string; actions: readonly string[] } {
  const colon = scope.lastIndexOf(':')
  if (colon <= scope.indexOf(':')) return { resource: scope, actions: [] }
  return {
    resource: scope.slice(0, colon),
    actions: scope
      .slice(colon + 1)
      .split(',')
      .filter(Boolean),
  }
}
