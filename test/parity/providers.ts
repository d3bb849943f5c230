/** Authentication of one's own, made of the small contract: each of these is what an embedder would write. */

import { type Auth, type Subject, users } from '../../src/index.ts'

export type Rights = 'none' | 'read' | 'write' | 'read-write'

const ACTIONS: Readonly<Record<Rights, readonly string[]>> = {
  none: [],
  read: ['pull'],
  write: ['push', 'delete'],
  'read-write': ['pull', 'push', 'delete'],
}

/** Rights by subject and repository, over any way to log in. */
export function limited(
  inner: Auth,
  rightsOf: (subject: Subject | null, repository: string) => Rights,
): Auth {
  return {
    ...inner,
    authorize: (access, { subject }) =>
      access.type === 'repository' && ACTIONS[rightsOf(subject, access.name)].includes(access.action)
        ? 'allow'
        : 'deny',
  }
}

/** Whoever knows the password, under any name. */
export function masterPassword(password: string): Auth {
  const nobody = users([])
  return {
    ...users([{ name: 'any', password }]),
    authenticate(request) {
      const pair = /^Basic (.*)$/.exec(request.headers.get('authorization') ?? '')?.[1]
      if (pair === undefined) return nobody.authenticate(request)
      const [name = ''] = atob(pair).split(':')
      return users([{ name, password }]).authenticate(request)
    },
  }
}

/** Those without credentials have some rights, the others those that `inner` gives. */
export function anonymous(rights: Rights, inner: Auth): Auth {
  const open = limited(inner, () => rights)
  return {
    ...inner,
    authorize: (access, context) => (context.subject === null ? open : inner).authorize(access, context),
  }
}

/** The same, behind one more object, and asynchronous. */
export function boxed(inner: Auth): Auth {
  return {
    authenticate: async (request) => inner.authenticate(request),
    authorize: async (access, context) => inner.authorize(access, context),
    challenge: (realm, accesses) => inner.challenge(realm, accesses),
  }
}
