import { isGlob } from '../oci/index.ts'
import type { Auth } from './contract.ts'
import { actionsOf, type Rights, within } from './rights.ts'

/**
 * Gives rights to everybody, logged in or not, beside those that `auth` gives. Wrong credentials are still refused:
 * nobody becomes anonymous by a wrong password.
 *
 * @param repositories Globs over the repositories this is for (all).
 * @throws TypeError for rights or globs that are none.
 */
export function anonymous<A extends Pick<Auth, 'authorize'>>(
  rights: Rights,
  auth: A,
  repositories: readonly string[] = ['**'],
): A {
  const actions = actionsOf(rights)
  const wrong = repositories.find((glob) => !isGlob(glob))
  if (wrong !== undefined)
    throw new TypeError(`${JSON.stringify(wrong)} is no glob over names of repositories`)
  return {
    ...auth,
    authorize: (access, context) =>
      within(access, repositories, actions) ? 'allow' : auth.authorize(access, context),
  }
}

/** Everybody may pull: {@link anonymous} with `read`. */
export function anonymousPull<A extends Pick<Auth, 'authorize'>>(
  auth: A,
  repositories?: readonly string[],
): A {
  return anonymous('read', auth, repositories)
}
