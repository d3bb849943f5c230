/**
 * Names of repositories that are those of another registry, kept here below its name.
 * @module
 */

import { isName } from './name.ts'
import { DOCKER_HUB, dockerHubName, isDockerHub, isHost } from './reference.ts'

/** What names mean where registries are mirrored. */
export interface MirrorNames {
  /** The repository that a request is about. @param host That of `?ns=`; `null` if there is none. */
  nameOf(name: string, host: string | null): string
  /** Where to look for a repository that is not here; `null` for nowhere. */
  elsewhere(name: string): string | null
}

/**
 * How a host is called in names of repositories: without a colon, which they cannot have.
 * @throws TypeError for what is no host.
 */
export function mirrorName(host: string): string {
  const name = nameOfHost(host)
  if (name !== null) return name
  throw new TypeError(`${JSON.stringify(host)} is no host to mirror: write it as in docker.io or host:5000`)
}

/**
 * What names mean where registries are mirrored.
 * @param hosts As image names have them; the first one also has what is not here.
 * @throws TypeError for no host, for what is none, and for one that is there twice.
 */
export function mirrorNames(hosts: readonly string[]): MirrorNames {
  const names = hosts.map(mirrorName)
  const [first] = names
  if (first === undefined) throw new TypeError('name at least one registry to mirror')
  if (new Set(names).size < names.length) throw new TypeError('a registry to mirror is there twice')
  const whole = (host: string, rest: string): string =>
    `${host}/${host === DOCKER_HUB ? dockerHubName(rest) : rest}`
  const canonical = (name: string): string => {
    const [host, rest] = split(name)
    return rest !== '' && names.includes(host) ? whole(host, rest) : name
  }
  return {
    nameOf(name, host) {
      const known = host === null ? null : nameOfHost(host)
      if (known === null || !names.includes(known)) return canonical(name)
      // What has been answered once may lead back here, with the host in its name.
      return name.startsWith(`${known}/`) ? canonical(name) : whole(known, name)
    },
    elsewhere(name) {
      const [host, rest] = split(name)
      return rest !== '' && (isHost(host) || names.includes(host)) ? null : whole(first, name)
    },
  }
}

function nameOfHost(host: string): string | null {
  const name = isDockerHub(host) ? DOCKER_HUB : host.toLowerCase().replace(':', '_')
  return isHost(host) && isName(name) ? name : null
}

/** The first part of a name, and the others. */
function split(name: string): [host: string, rest: string] {
  const slash = name.indexOf('/')
  return slash < 0 ? [name, ''] : [name.slice(0, slash), name.slice(slash + 1)]
}
