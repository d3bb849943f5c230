import { bytesToHex } from '@noble/hashes/utils.js'
import { isGlob } from '../oci/index.ts'
import type { Subject } from '../registry.ts'
import { wrongPassword } from './basic.ts'
import type { Auth, Known } from './contract.ts'
import { basicChallenge, basicHeader, basicOf } from './credentials.ts'
import { actionsOf, type Rights, within } from './rights.ts'
import { sameText, sealer } from './secrets.ts'

/** Somebody with a password. */
export interface User {
  /** Not empty, without a colon. */
  readonly name: string
  /** May hold colons. */
  readonly password: string
  /** For rules of a policy (none). */
  readonly groups?: readonly string[]
  /** What they may do, by globs over repositories: the union of all that match (everything, everywhere). */
  readonly permissions?: Readonly<Record<string, Rights>>
}

/**
 * Users with passwords, by HTTP Basic (RFC 7617). Each may do everything, or what their `permissions` say; anonymous
 * callers nothing. Passwords are compared in constant time and never logged. An empty pair of name and password is
 * anonymous: clients without credentials send it.
 *
 * @throws TypeError for a name that is empty, has a colon or comes twice, for an empty password, and for permissions
 * that make no sense.
 */
export function users(list: readonly User[]): Auth {
  checkUsers(list)
  const seal = sealer()
  const subjects = list.map(({ name, groups }): Subject => (groups ? { name, groups } : { name }))
  const sealAll = () => ({
    pairs: list.map(({ name, password }, i) => ({ sealed: seal(name, password), subject: subjects[i]! })),
    // As clients write it; whoever writes it otherwise is known by the pair itself.
    headers: new Map(list.map((user, i) => [seal(basicHeader(user)), subjects[i]!])),
  })
  let known: ReturnType<typeof sealAll> | undefined
  const anyone = list.every(({ permissions }) => permissions === undefined)
  const permitted = new Map(list.map(({ name, permissions }) => [name, permissionsOf(permissions)]))
  const places = new Map(list.map(({ name }, i) => [name, i]))
  return {
    authenticate(request) {
      const header = request.headers.get('authorization')
      if (!header) return null
      known ??= sealAll()
      const found = known.headers.get(seal(header))
      if (found) return found
      const pair = basicOf(request)
      if (pair === null) return null
      const given = seal(pair.name, pair.password)
      let subject: Subject | null = null
      for (const user of known.pairs) if (sameText(user.sealed, given)) subject = user.subject
      if (subject === null) throw wrongPassword()
      return subject
    },
    authorize(access, { subject }) {
      if (subject === null) return 'deny'
      if (anyone) return 'allow'
      const permissions = permitted.get(subject.name)
      return permissions?.some(({ glob, actions }) => within(access, [glob], actions)) ? 'allow' : 'deny'
    },
    challenge: basicChallenge,
    lookup(name): Known | null {
      const at = places.get(name)
      if (at === undefined) return null
      return { subject: subjects[at]!, stamp: (salt) => slowHash(list[at]!.password, salt) }
    },
  }
}

interface Permission {
  readonly glob: string
  readonly actions: ReturnType<typeof actionsOf>
}

function permissionsOf(permissions: User['permissions'] = { '**': 'all' }): Permission[] {
  return Object.entries(permissions).map(([glob, rights]) => {
    if (!isGlob(glob)) throw new TypeError(`${JSON.stringify(glob)} is no glob over names of repositories`)
    return { glob, actions: actionsOf(rights) }
  })
}

/** What comes from a missing variable must not become an open door. */
function checkUsers(list: readonly User[]): void {
  const names = new Set<string>()
  for (const { name, password } of list) {
    if (!name || name.includes(':')) throw new TypeError('a user needs a name without a colon')
    if (!password) throw new TypeError(`the password of user ${JSON.stringify(name)} is empty`)
    if (names.has(name)) throw new TypeError(`there are two users called ${JSON.stringify(name)}`)
    names.add(name)
  }
}

/** PBKDF2 (RFC 8018): what is stored of a password must not help to guess it. Workers allow no more rounds. */
async function slowHash(password: string, salt: string): Promise<string> {
  const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
  const key = await crypto.subtle.importKey('raw', encode(password), 'PBKDF2', false, ['deriveBits'])
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt: encode(salt), iterations: 100_000 }
  return bytesToHex(new Uint8Array(await crypto.subtle.deriveBits(how, key, 128)))
}
