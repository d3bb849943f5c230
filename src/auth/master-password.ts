import { basic } from './basic.ts'
import type { Authenticator } from './contract.ts'
import { sameText, sealer } from './secrets.ts'

/**
 * One password for whoever comes, by HTTP Basic: the subject has the name that was given with it. Only what is a
 * person's own word depends on such a name; for rights of single people use {@link users}.
 *
 * @throws TypeError for an empty password.
 */
export function masterPassword(password: string): Authenticator {
  if (!password) throw new TypeError('the master password is empty')
  const seal = sealer()
  let known: string | undefined
  return basic((name, given) => {
    known ??= seal(password)
    return sameText(known, seal(given)) && name !== '' ? { name } : null
  })
}
