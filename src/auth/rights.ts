/**
 * What somebody may do, as words.
 * @module
 */

import { matchGlob } from '../oci/index.ts'
import type { Access } from './contract.ts'

/** `catalog` is listing the names of repositories: those that the caller may pull from. */
export type RightsAction = 'pull' | 'push' | 'delete' | 'catalog'

/** A list of actions, or a name for one: `write` is push alone, `all` adds deleting and the catalog to `read-write`. */
export type Rights = 'none' | 'read' | 'write' | 'read-write' | 'all' | readonly RightsAction[]

/** All names of lists. */
export const PRESETS = ['none', 'read', 'write', 'read-write', 'all'] as const
/** All actions. */
export const ACTIONS = ['pull', 'push', 'delete', 'catalog'] as const

const LISTS: Readonly<Record<(typeof PRESETS)[number], readonly RightsAction[]>> = {
  none: [],
  read: ['pull'],
  write: ['push'],
  'read-write': ['pull', 'push'],
  all: ACTIONS,
}

/** The actions of rights. @throws TypeError for what are none: a wrong word must not become an open door. */
export function actionsOf(rights: Rights): readonly RightsAction[] {
  const list: readonly RightsAction[] | undefined =
    typeof rights !== 'string' ? rights : Object.hasOwn(LISTS, rights) ? LISTS[rights] : undefined
  if (!list?.every((action) => ACTIONS.includes(action)))
    throw new TypeError(`rights are ${PRESETS.join(', ')} or a list of ${ACTIONS.join(', ')}`)
  return list
}

/** The action that an access is. */
export function actionOf(access: Access): RightsAction {
  return access.type === 'registry' ? 'catalog' : access.action
}

/** Whether an access is one of `actions`, in a repository that one of `globs` matches; the catalog is of all, `**`. */
export function within(access: Access, globs: readonly string[], actions: readonly RightsAction[]): boolean {
  if (!actions.includes(actionOf(access))) return false
  return access.type === 'registry'
    ? globs.includes('**')
    : globs.some((glob) => matchGlob(glob, access.name))
}
