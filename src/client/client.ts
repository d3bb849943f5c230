/**
 * A registry somewhere else, spoken to over HTTP.
 * @module
 */

import { createAuthorizer } from '../auth/client/index.ts'
import type { Context, Registry } from '../registry.ts'
import { blobsOf } from './blobs.ts'
import { type Core, rememberSizes } from './core.ts'
import { repositories, tags } from './lists.ts'
import { getManifest, resolveManifest } from './manifests.ts'
import { type ClientOptions, type Settings, settingsOf } from './options.ts'
import { deleteManifest, deleteTag, pushManifest } from './push-manifest.ts'
import { discard } from './read.ts'
import { referrers } from './referrers.ts'
import { type Send, sender } from './send.ts'
import { uploadsOf } from './uploads.ts'

/** A request of one's own, for what the contract has no method for. */
export interface RawRequest {
  /** Default: GET. */
  readonly method?: string
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes may be sent again after a failure; a stream is sent once. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array>
  /** Bytes of a stream, when known. */
  readonly size?: number
  /** The rights that it needs, as in `repository:team/app:pull,push`. */
  readonly scopes?: readonly string[]
  /** The repository that it is about: some credentials are for a part of a host. */
  readonly repository?: string
  /** Statuses beside 2xx that are answers rather than errors. */
  readonly accept?: readonly number[]
  /** Whether it does no harm to send it twice. Default: for all methods but POST and PATCH. */
  readonly repeatable?: boolean
  /** Cancels it. */
  readonly signal?: AbortSignal
  /** On behalf of which request: it is told the registry's warnings. */
  readonly context?: Context
}

/** A registry somewhere else. */
export interface Client extends Registry {
  /** The registry's root. */
  readonly url: URL
  /**
   * Asks whether a registry is there and takes the credentials.
   * @throws `RegistryError` `UNAUTHORIZED`; `NOT_FOUND` when there is none.
   */
  ping(options?: { signal?: AbortSignal }): Promise<void>
  /**
   * Sends a request of one's own, with everything that other requests have: credentials, retries, redirects.
   * The caller reads the answer or cancels its body.
   *
   * @param path Below the registry's root, beginning with a slash.
   * @throws `RegistryError` for every answer but 2xx and those of `accept`.
   */
  request(path: string, init?: RawRequest): Promise<Response>
}

/**
 * Makes a client. Nothing is sent before a method is called.
 *
 * What is read is verified: a manifest before it is given, a blob as it passes, and its last bytes only come when all
 * of them were right. Requests that can be repeated are sent again while the registry is busy or gone, downloads go on
 * where they broke off, and uploads where the registry says. A content that is not opened has to be disposed of: its
 * bytes are on their way.
 *
 * What goes wrong is a `RegistryError` with the registry's own code, status and detail; without an answer `UNAVAILABLE`
 * (503), and with status 502 for an answer that cannot be, such as `DIGEST_INVALID` for other bytes. When the `signal`
 * of a call fires, its reason is thrown.
 *
 * @param registry A host, as in `ghcr.io`, `docker.io` or `localhost:5000` (without TLS only on this machine), or the
 *   URL of a registry's root.
 *
 * @example
 * ```ts
 * import { createClient } from 'ocikit/client'
 * import { testRegistry } from 'ocikit/testing'
 *
 * await using there = testRegistry()
 * const client = createClient('registry.test', { fetch: there.fetch })
 * await client.ping()
 * console.log(client.url.href) // https://registry.test/
 * ```
 * @throws TypeError for what is neither a host nor a URL, and for options that make no sense.
 */
export function createClient(registry: string | URL, options: ClientOptions = {}): Client {
  const settings = settingsOf(registry, options)
  const core: Core = {
    settings,
    send: sendFor(settings),
    sizes: rememberSizes(),
    hasReferrers: null,
    turns: new Map(),
  }
  return {
    url: new URL(settings.base),
    ...blobsOf(core),
    ...uploadsOf(core),
    getManifest: (repo, reference, call) => getManifest(core, repo, reference, call),
    resolveManifest: (repo, reference, call) => resolveManifest(core, repo, reference, call),
    pushManifest: (repo, bytes, mediaType, call) => pushManifest(core, repo, bytes, mediaType, call),
    deleteManifest: (repo, digest, call) => deleteManifest(core, repo, digest, call),
    deleteTag: (repo, tag, call) => deleteTag(core, repo, tag, call),
    tags: (repo, call) => tags(core, repo, call),
    repositories: (call) => repositories(core, call),
    referrers: (repo, subject, call) => referrers(core, repo, subject, call),
    async ping(call) {
      await discard((await core.send({ method: 'GET', url: '/v2/', ...call })).response)
    },
    async request(path, { method = 'GET', ...init } = {}) {
      if (!path.startsWith('/')) throw new TypeError('the path of a request begins with a slash')
      const repeatable = init.repeatable ?? !['POST', 'PATCH'].includes(method)
      return (await core.send({ ...init, method, url: path, repeatable })).response
    },
  }
}

/** Requests for tokens go through the same retries, without credentials of the registry. */
function sendFor(settings: Settings): Send {
  const { base, host, credentials, onRefreshToken, userAgent, timeout } = settings
  const fetch = (url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (userAgent !== '') headers.set('user-agent', userAgent)
    return settings.fetch(url, { ...init, headers, signal: AbortSignal.timeout(timeout) })
  }
  const clientId = userAgent || 'ocikit'
  const asks = { base, host, credentials, onRefreshToken, fetch, clientId }
  return sender(settings, createAuthorizer({ ...asks, now: Date.now }))
}
