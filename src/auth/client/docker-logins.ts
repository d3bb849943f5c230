/**
 * Changes to a configuration of Docker or podman, as `docker login` and `podman login` make them. All else in it stays.
 * @module
 */

import { DOCKER_HUB, isDockerHub } from '../../oci/index.ts'
import { basicHeader, type Credentials, namesOf } from './credentials.ts'
import { DOCKER_HUB_SERVER, hostOfKey, parseConfig, serversOf } from './docker-config.ts'

/** Whose configuration it is: they call Docker Hub differently. */
export type ConfigOwner = 'docker' | 'podman'

/** What a configuration, or its helper, calls a host. */
export function serverOf(host: string, owner: ConfigOwner): string {
  if (!isDockerHub(host)) return host
  return owner === 'docker' ? DOCKER_HUB_SERVER : DOCKER_HUB
}

/** The credential helper that a configuration names for a host; absent or an empty name: they stand in the file. */
export function helperFor(config: unknown, host: string): string | undefined {
  const { credHelpers, credsStore } = parseConfig(config)
  const own = serversOf(namesOf(host)).find((name) => Object.hasOwn(credHelpers, name))
  return own === undefined ? credsStore : credHelpers[own] || undefined
}

/**
 * The configuration with the credentials of a host in place of those that it had.
 * @param credentials `null` when a helper keeps them: the host is only named, as docker does.
 */
export function withLogin(
  config: unknown,
  host: string,
  credentials: Credentials | null,
  owner: ConfigOwner,
): object {
  const { auths, ...rest } = withoutLogin(config, host)
  return { ...rest, auths: { ...auths, [serverOf(host, owner)]: credentials ? entryOf(credentials) : {} } }
}

/** The configuration without the credentials of a host, under whatever name. Those of parts of it stay. */
export function withoutLogin(config: unknown, host: string): { readonly auths: object } {
  const { auths } = parseConfig(config)
  const names = serversOf(namesOf(host))
  const others = Object.entries(auths).filter(
    ([key]) => !names.includes(key) && !names.includes(hostOfKey(key) ?? ''),
  )
  return { ...(config as object), auths: Object.fromEntries(others) }
}

/** With a token, docker writes the name without a password beside it. */
function entryOf({ username = '', password = '', identityToken }: Credentials): object {
  const pair = basicHeader(username, identityToken === undefined ? password : '')
  return {
    auth: pair.slice('Basic '.length),
    ...(identityToken === undefined ? {} : { identitytoken: identityToken }),
  }
}
