/** Authentication of one's own, made of the small contract: each of these is what an embedder would write. */

import type { Auth, Authenticator, Subject } from '../../src/index.ts'

export type Rights = 'none' | 'read' | 'write' | 'read-write'

const ACTIONS: Readonly<Record<Rights, readonly string[]>> = {
  none: [],
  read: ['pull'],
  write: ['push', 'delete'],
  'read-write': ['pull', 'push', 'delete'],
}

/** Rights by subject and repository, over any way to log in. */
export function limited(
  inner: Authenticator,
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

/** The same auth, behind one more object, and asynchronous. */
export function boxed(inner: Auth): Auth {
  return {
    authenticate: async (request) => inner.authenticate(request),
    authorize: async (access, context) => inner.authorize(access, context),
    challenge: (realm, accesses) => inner.challenge(realm, accesses),
  }
}
