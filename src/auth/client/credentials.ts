/**
 * What a client shows to a registry, and where it comes from.
 * @module
 */

import { DOCKER_HUB_HOSTS, isDockerHub } from '../../oci/index.ts'

/** What is shown to one registry. */
export interface Credentials {
  /** For Basic, and for the token service. */
  readonly username?: string
  /** A password or an access token in its place. */
  readonly password?: string
  /** A refresh token: the token service gives access tokens for it (`docker login` may have stored one). */
  readonly identityToken?: string
  /** An access token for the registry itself: shown as it is. */
  readonly registryToken?: string
}

/** What the caller of a {@link CredentialSource} knows. */
export interface CredentialQuery {
  /** The repository that is asked for, where there is one: some files name credentials for a part of a host. */
  readonly repository?: string
  /** Cancels the look-up. */
  readonly signal?: AbortSignal
}

/**
 * Finds the credentials for a host; `null`: be anonymous. A client asks again when they were refused.
 * @param host With its port if it has one. Docker Hub is `docker.io`, whatever its host is called.
 */
export type CredentialSource = (
  host: string,
  query: CredentialQuery,
) => Credentials | null | Promise<Credentials | null>

/** The first of several sources that knows a host. */
export function firstCredentials(...sources: readonly CredentialSource[]): CredentialSource {
  return async (host, query) => {
    for (const source of sources) {
      const found = await source(host, query)
      if (found) return found
    }
    return null
  }
}

/** All names that the credentials of a host may be kept under, the usual one first. */
export function namesOf(host: string): readonly string[] {
  return isDockerHub(host) ? DOCKER_HUB_HOSTS : [host]
}

/** A `Basic` header (RFC 7617), in UTF-8. */
export function basicHeader(username: string, password: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(`${username}:${password}`)) binary += String.fromCharCode(byte)
  return `Basic ${btoa(binary)}`
}
