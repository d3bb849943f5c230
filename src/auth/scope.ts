/**
 * Scopes as clients and keys write them (distribution's token scope): `repository:NAME:pull,push`.
 * @module
 */

import { isGlob } from '../oci/index.ts'
import type { Access } from './contract.ts'
import type { Grant } from './grant.ts'
import { within } from './rights.ts'

/** What a scope names; nothing of it has been checked. */
export interface Scope {
  /** `repository` or `registry`, or what nobody knows. */
  readonly type: string
  /** May hold a colon: the name of a host and its port. */
  readonly name: string
  /** In the order in which they were written, each once. */
  readonly actions: readonly string[]
}

/** Takes a scope apart: the type at the first colon, the actions at the last. `null` for what is none. */
export function parseScope(text: string): Scope | null {
  const match = /^([a-z0-9]+)(?:\([a-z0-9]+\))?:([^\s"\\]+):([^\s:"\\]*)$/i.exec(text)
  if (!match) return null
  const [, type = '', name = '', actions = ''] = match
  return { type, name, actions: [...new Set(actions.split(',').filter(Boolean))] }
}

/** One scope for each resource, for a challenge. Whoever pushes reads, too, so push asks for both. */
export function formatScopes(accesses: readonly Access[]): string {
  const byResource = new Map<string, Set<string>>()
  for (const { type, name, action } of accesses) {
    const resource = `${type}:${name}`
    const actions = byResource.get(resource) ?? new Set()
    for (const each of action === 'push' ? ['pull', 'push'] : [action]) actions.add(each)
    byResource.set(resource, actions)
  }
  return [...byResource].map(([resource, actions]) => `${resource}:${[...actions].join(',')}`).join(' ')
}

/** Actions of a scope that stand for others. */
const ALL = ['pull', 'push', 'delete']

/**
 * The limit that scopes with globs set to a key.
 * @throws TypeError for a scope that grants nothing: a slip must not make a key that is good for less than it says.
 */
export function grantOfScopes(texts: readonly string[]): Grant {
  const parts = texts.map((text) => {
    const scope = parseScope(text)
    if (!scope || !isGrantable(scope))
      throw new TypeError(
        `${JSON.stringify(text)} is no scope: write repository:GLOB:pull,push,delete or registry:catalog:*`,
      )
    const actions = scope.actions.flatMap((action) => (action === '*' ? ALL : [action]))
    return { ...scope, actions }
  })
  return {
    renewable: false,
    covers: (access) =>
      parts.some(({ type, name, actions }) => {
        if (type !== access.type) return false
        return type === 'registry' || within(access, [name], actions as ('pull' | 'push' | 'delete')[])
      }),
  }
}

function isGrantable({ type, name, actions }: Scope): boolean {
  if (type === 'registry') return name === 'catalog' && actions.join() === '*'
  if (type !== 'repository' || !isGlob(name) || actions.length === 0) return false
  return actions.every((action) => action === '*' || ALL.includes(action))
}
