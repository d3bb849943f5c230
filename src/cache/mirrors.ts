/**
 * Other registries below their names: `docker.io/library/alpine` is `library/alpine` of Docker Hub, kept here, beside
 * what is pushed here.
 * @module
 */

import { checkAccess, routeHosts } from '../compose/index.ts'
import { mirrorName, mirrorNames, RegistryError } from '../oci/index.ts'
import { passThrough, type Registry } from '../registry.ts'
import { cache } from './cache.ts'
import type { Mirrored, MirrorPlace, Mirrors } from './contract.ts'
import { type CacheOptions, checkCacheOptions } from './options.ts'

/** Which registries are mirrored, and how what comes from them is kept. */
export interface MirrorOptions extends Pick<CacheOptions, 'ttl' | 'maxBytes' | 'offline'> {
  /**
   * By host, as image names have it: `docker.io`, `ghcr.io`, `registry.internal:5000`. The first one also has what is
   * asked for without a host and is not here, which is how docker asks its `registry-mirrors`.
   */
  readonly upstreams: Readonly<Record<string, Registry>>
}

/**
 * Mirrors of other registries for the options of `ocikit()`, which keeps what is read of them beside what is pushed to
 * it. Nothing is asked before somebody asks for it. How what was read is kept: {@link cache}.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open } from 'ocikit'
 * import { mirrors } from 'ocikit/cache'
 * import { createClient } from 'ocikit/client'
 *
 * const upstreams = { 'docker.io': createClient('docker.io'), 'ghcr.io': createClient('ghcr.io') }
 * const kit = ocikit({
 *   storage: memory(),
 *   auth: open(),
 *   mirrors: mirrors({ upstreams, ttl: 300_000, maxBytes: 50 * 1024 ** 3 }),
 * })
 * await kit.close()
 * ```
 * @throws TypeError for no upstream, for hosts that are none or there twice, and for numbers that make no sense.
 */
export function mirrors({ upstreams, ...options }: MirrorOptions): Mirrors {
  const names = mirrorNames(Object.keys(upstreams))
  checkCacheOptions(options)
  const hosts = Object.fromEntries(
    Object.entries(upstreams).map(([host, registry]) => [mirrorName(host), registry]),
  )
  return { names, over: (local, place) => mirrored(local, hosts, { ...options, ...place }) }
}

function mirrored(
  local: Registry,
  hosts: Readonly<Record<string, Registry>>,
  { store, ...options }: MirrorPlace & CacheOptions,
): Mirrored {
  const there = cache(routeHosts(hosts), store, options)
  const isThere = (repo: string): boolean => {
    const [host, rest] = split(repo)
    return rest !== '' && Object.hasOwn(hosts, host)
  }
  const of = (repo: string): Registry => (isThere(repo) ? there : local)
  const written = checkAccess(local, ({ repository, kind }) => {
    if (repository === null || !isThere(repository) || kind === 'read' || kind === 'list') return true
    throw notWritten(repository)
  })
  return {
    cache: there,
    registry: passThrough(written, {
      getBlob: (repo, digest, call) => of(repo).getBlob(repo, digest, call),
      resolveBlob: (repo, digest, call) => of(repo).resolveBlob(repo, digest, call),
      getManifest: (repo, reference, call) => of(repo).getManifest(repo, reference, call),
      resolveManifest: (repo, reference, call) => of(repo).resolveManifest(repo, reference, call),
      tags: (repo, call) => of(repo).tags(repo, call),
      referrers: (repo, subject, call) => of(repo).referrers(repo, subject, call),
      repositories: (call) => local.repositories(call),
    }),
  }
}

function notWritten(repository: string): RegistryError {
  const [host] = split(repository)
  return new RegistryError('DENIED', `what is below ${host}/ here is a mirror: push it to ${host} itself`, {
    detail: { name: repository },
  })
}

/** The first part of a name, and the others. */
function split(name: string): [host: string, rest: string] {
  const slash = name.indexOf('/')
  return slash < 0 ? [name, ''] : [name.slice(0, slash), name.slice(slash + 1)]
}
