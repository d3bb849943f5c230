import type { Auth } from './contract.ts'
import { actionOf, actionsOf, type Rights } from './rights.ts'

/**
 * Everybody may do everything, or what `rights` say, and nobody can log in. Written out on purpose: whoever reaches
 * the port can read, overwrite and delete.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open } from 'ocikit'
 *
 * export default ocikit({ storage: memory(), auth: open() })
 * ```
 * @throws TypeError for rights that are none.
 */
export function open(rights: Rights = 'all'): Auth {
  const actions = actionsOf(rights)
  return {
    authenticate: () => null,
    authorize: (access) => (actions.includes(actionOf(access)) ? 'allow' : 'deny'),
    challenge: () => null,
  }
}
