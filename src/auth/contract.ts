/**
 * The contract between the server and whoever knows the users.
 * @module
 */

import type { Context, Subject } from '../registry.ts'

/** Something that a request wants to do. */
export type Access =
  | { readonly type: 'repository'; readonly name: string; readonly action: 'pull' | 'push' | 'delete' }
  | { readonly type: 'registry'; readonly name: 'catalog'; readonly action: '*' }

/** `allow`; `deny`: 401 for anonymous callers and 403 for others; `hide`: as if it did not exist. */
export type AuthDecision = 'allow' | 'deny' | 'hide'

/** Knows who calls and what they may do. Any method may be asynchronous. */
export interface Auth {
  /**
   * Tells who sent the request: a subject, or `null` for anonymous.
   * @throws `RegistryError` `UNAUTHORIZED` for wrong credentials: never taken as anonymous.
   */
  authenticate(request: Request): Subject | null | Promise<Subject | null>
  /** Decides on one access. The subject is in `context`. */
  authorize(access: Access, context: Context): AuthDecision | Promise<AuthDecision>
  /**
   * The `WWW-Authenticate` value for a request that wants `accesses`; on the ping (no accesses) for every
   * anonymous caller, because docker and podman learn the scheme only there. `null`: there is no way to log in.
   */
  challenge(realm: string, accesses: readonly Access[]): string | null
}
