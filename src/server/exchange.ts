import { type Access, type Auth, decide } from '../auth/index.ts'
import { RegistryError } from '../oci/index.ts'
import type { CallOptions, Context, Registry } from '../registry.ts'
import type { Asking } from './respond.ts'
import type { Settings } from './settings.ts'

/** One request on its way through: what handlers work with. */
export interface Exchange extends Asking {
  readonly query: URLSearchParams
  /** The request's body, nothing of it read yet; the same at each call. */
  body(): ReadableStream<Uint8Array> | null
  readonly registry: Registry
  readonly settings: Settings
  readonly context: Context
  /** What every call of the registry is given. */
  readonly call: CallOptions
  /** A path of the API as the client sees it. */
  url(path: string): string
  /** Whether the caller may do this, without an error. */
  may(access: Access): Promise<boolean>
  /** Whether a list may show a repository: the caller may pull from it, if maybe with another token. */
  sees(repository: string): Promise<boolean>
}

/**
 * Lets a request pass or says why not: 401 when logging in or another token could help, else 403; 404 for what is
 * hidden.
 * @throws RegistryError `UNAUTHORIZED`, `DENIED`, `NAME_UNKNOWN`.
 */
export async function requireAccess(
  auth: Auth,
  accesses: readonly Access[],
  context: Context,
): Promise<void> {
  for (const access of accesses) {
    const decision = await decide(auth, access, context)
    if (decision === 'allow') continue
    if (decision === 'hide') {
      throw new RegistryError('NAME_UNKNOWN', 'no such repository', { detail: { name: access.name } })
    }
    const detail = [{ type: access.type, name: access.name, action: access.action }]
    if (decision === 'insufficient') {
      throw new RegistryError('UNAUTHORIZED', 'these credentials do not reach so far: get others', { detail })
    }
    if (context.subject === null && auth.challenge('', accesses) !== null) {
      throw new RegistryError('UNAUTHORIZED', 'authentication is required: log in', { detail })
    }
    throw new RegistryError('DENIED', 'you may not do this', { detail })
  }
}
