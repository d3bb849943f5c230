/**
 * Where requests go, and where answers may send them.
 * @module
 */

import { whyNotThere } from '../auth/client/index.ts'
import { broken } from './errors.ts'
import type { Settings } from './options.ts'

/** A path lies below the registry's root. */
export function targetOf({ base }: Settings, url: string | URL): URL {
  return url instanceof URL ? url : atHome(base, base.pathname.replace(/\/$/, '') + url)
}

/** A path at the registry. Resolved against its URL, one that begins with two slashes would name another host. */
export function atHome({ origin }: URL, path: string): URL {
  return new URL(origin + path)
}

/** Where a redirect leads: never to where its target would be reached on this network only. */
export function redirected({ base }: Settings, from: URL, location: string): URL {
  const to = resolveLocation(base, from, location)
  const reason = to ? whyNotThere(base, to) : 'it is not a URL'
  if (!to || reason !== null) throw broken(base.host, `redirects to where it must not: ${reason}`)
  return to
}

/**
 * A `Location`, seen from the request that it answers (RFC 9110 section 10.2.2). Registries behind a proxy that ends
 * TLS write `http` with their own name: that is the registry itself.
 */
export function resolveLocation(base: URL, from: URL, location: string): URL | null {
  if (!URL.canParse(location, from)) return null
  const url = new URL(location, from)
  if (url.protocol === 'http:' && base.protocol === 'https:' && url.hostname === base.hostname) {
    url.protocol = 'https:'
    url.port = base.port
  }
  return url
}
