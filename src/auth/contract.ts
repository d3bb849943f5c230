/**
 * The contract between the server and whoever knows the users: an authenticator tells who calls, an authoriser what
 * they may do. Both may be asynchronous, and any two go together: `{ ...authenticator, authorize }` is an `Auth`.
 * @module
 */

import type { Action, Context, Subject } from '../registry.ts'

/** Something that a request wants to do. */
export type Access =
  | { readonly type: 'repository'; readonly name: string; readonly action: 'pull' | 'push' | 'delete' }
  | { readonly type: 'registry'; readonly name: 'catalog'; readonly action: '*' }

/** `allow`; `deny`: 401 for anonymous callers and 403 for others; `hide`: as if it did not exist. */
export type AuthDecision = 'allow' | 'deny' | 'hide'

/** What is known of a request beside itself. */
export interface RequestFacts {
  /** What the client calls this server, as in `https://registry.example:5000`. */
  readonly origin: string
  /** Where tokens are given out, if the authentication does that. */
  readonly tokenUrl: string
  /** The client's address, as far as the runtime or a trusted proxy tells. */
  readonly address?: string | undefined
  /** What the request is about; absent at {@link Auth.endpoint}. */
  readonly action?: Action
  /**
   * To be asked at {@link Auth.endpoint} once it is known who that is, before anything is given to them: counts for the
   * rate limit. Absent elsewhere.
   * @throws `RegistryError` `TOOMANYREQUESTS`.
   */
  readonly admit?: (subject: Subject | null) => Promise<void>
}

/** What a challenge is for. */
export interface ChallengeFacts extends RequestFacts {
  /** What was wrong with the credentials that came (RFC 6750 section 3.1); absent if none came. */
  readonly error?: 'invalid_token' | 'insufficient_scope'
}

/** Tells who calls. */
export interface Authenticator {
  /**
   * Tells who sent the request: a subject, or `null` for anonymous.
   * @throws `RegistryError` `UNAUTHORIZED` for wrong credentials: never taken as anonymous.
   */
  authenticate(request: Request, facts?: RequestFacts): Subject | null | Promise<Subject | null>
  /**
   * The `WWW-Authenticate` value for a request that wants `accesses`; on the ping (no accesses) for every
   * anonymous caller, because docker and podman learn the scheme only there. `null`: there is no way to log in.
   */
  challenge(realm: string, accesses: readonly Access[], facts?: ChallengeFacts): string | null
  /** Finds somebody by name, without credentials; `null` if there is nobody of that name any more. */
  lookup?(name: string): Known | null | Promise<Known | null>
}

/** Somebody who was found by name. */
export interface Known {
  /** As `authenticate` would give it. */
  readonly subject: Subject
  /** Differs once the credentials have changed; it must not tell what they are. `salt` is part of it. */
  stamp(salt: string): string | Promise<string>
}

/** Decides on one access. The subject is in `context`. */
export type Authorizer = (access: Access, context: Context) => AuthDecision | Promise<AuthDecision>

/** Knows who calls and what they may do. */
export interface Auth extends Authenticator {
  /** Decides on one access. The subject is in `context`. */
  authorize(access: Access, context: Context): AuthDecision | Promise<AuthDecision>
  /**
   * Answers at the server's `tokenPath` and below.
   * @param path What follows the token path, as in `/keys`; empty for that path itself.
   */
  endpoint?(request: Request, path: string, facts: RequestFacts): Promise<Response>
  /** Forgets what has expired. Called with the sweep of the registry. */
  sweep?(): Promise<void>
}
