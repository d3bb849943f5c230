/**
 * How a client is made, and what follows from it.
 * @module
 */

import type { CredentialSource, Credentials } from '../auth/client/index.ts'
import { isPrivateHost } from '../auth/client/index.ts'
import {
  DOCKER_HUB,
  DOCKER_HUB_API,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  dockerHubName,
  isDockerHub,
  isHost,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../oci/index.ts'
import { DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED } from './schema1.ts'

/** How often and how patiently a request is sent again. */
export interface RetryOptions {
  /** How often a request is sent again, at most (4). */
  readonly tries?: number
  /** What the first wait is at most, in milliseconds; each next may be twice as long (200). */
  readonly firstDelay?: number
  /** What any wait is at most, in milliseconds; a registry that asks for more gets its error told (10,000). */
  readonly maxDelay?: number
}

/** How a client talks to a registry. */
export interface ClientOptions {
  /** Sends requests (the runtime's `fetch`). */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** What to show when the registry asks: fixed credentials, or a function that finds them (anonymous). */
  readonly credentials?: Credentials | CredentialSource
  /**
   * Gets every refresh token, to be kept in place of a password (as `identityToken`). With it, token services that
   * give refresh tokens are asked for one.
   */
  readonly onRefreshToken?: (token: string) => void
  /** The `User-Agent`, and how the client names itself to token services; empty sends none (`ocikit`). */
  readonly userAgent?: string
  /** Retries of what can be repeated; false for none. */
  readonly retry?: RetryOptions | false
  /** Milliseconds until an answer has to begin, and between two chunks of a download; a day at most (60,000). */
  readonly timeout?: number
  /**
   * Most bytes of a blob in one request. Longer blobs are sent in chunks, each of which is in memory once and can be
   * sent again. The sizes that a registry tells win over it (no limit: in one request).
   */
  readonly chunkSize?: number
  /**
   * Whether `fetch` sends streams: those of browsers do so by HTTP/2 only, or not at all, and that of Workers takes a
   * stream that fails for one that ends. False: a stream is sent in chunks, of `chunkSize` and 64 MiB at most (true).
   */
  readonly streams?: boolean
  /** Longest manifest in bytes (4 MiB). */
  readonly maxManifestSize?: number
  /** Media types of manifests to ask for (those of OCI and Docker, and any other). */
  readonly accept?: readonly string[]
  /** Gets each warning of the registry once (distribution-spec, "Warnings"), as text. */
  readonly onWarning?: (text: string) => void
}

/** The options with all defaults. */
export interface Settings {
  /** The registry's root, without a slash at its end. */
  readonly base: URL
  /** What credentials are looked up for. */
  readonly host: string
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly credentials: CredentialSource | undefined
  readonly onRefreshToken: ((token: string) => void) | undefined
  readonly userAgent: string
  readonly tries: number
  readonly firstDelay: number
  readonly maxDelay: number
  readonly timeout: number
  readonly chunkSize: number
  readonly streams: boolean
  readonly maxManifestSize: number
  readonly accept: string
  readonly onWarning: ((text: string) => void) | undefined
  /** A repository as the registry calls it. */
  nameOf(repository: string): string
}

const DAY = 24 * 60 * 60 * 1000

const ACCEPT: readonly string[] = [
  OCI_INDEX,
  OCI_MANIFEST,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  DOCKER_SCHEMA1_SIGNED,
  DOCKER_SCHEMA1,
  '*/*',
]

/** Checks the options. @throws TypeError for what is neither a host nor a URL, and for numbers that make no sense. */
export function settingsOf(registry: string | URL, options: ClientOptions): Settings {
  const { base, isHub } = addressOf(registry)
  const { credentials, retry = {}, accept = ACCEPT } = options
  const { tries = 4, firstDelay = 200, maxDelay = 10_000 } = retry === false ? { tries: 0 } : retry
  const {
    timeout = 60_000,
    chunkSize = Number.POSITIVE_INFINITY,
    maxManifestSize = 4 * 1024 * 1024,
  } = options
  for (const [name, value] of Object.entries({ timeout, chunkSize, maxManifestSize })) {
    if (!(value > 0)) throw new TypeError(`${name} must be a number above 0`)
  }
  // Timers take no more than 24 days, and fire at once then; what ends an upload is waited for ten times as long.
  if (timeout > DAY) throw new TypeError('timeout must be a day at most, in milliseconds')
  if (chunkSize !== Number.POSITIVE_INFINITY && !Number.isInteger(chunkSize))
    throw new TypeError('chunkSize must be a whole number of bytes')
  for (const [name, value] of Object.entries({ tries, firstDelay, maxDelay })) {
    if (!(value >= 0 && value <= DAY)) throw new TypeError(`retry.${name} must be a number from 0 on`)
  }
  return {
    base,
    host: isHub ? DOCKER_HUB : base.host,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    credentials: typeof credentials === 'function' || !credentials ? credentials : () => credentials,
    onRefreshToken: options.onRefreshToken,
    userAgent: options.userAgent ?? 'ocikit',
    tries,
    firstDelay,
    maxDelay,
    timeout,
    chunkSize,
    streams: options.streams ?? true,
    maxManifestSize,
    accept: accept.join(', '),
    onWarning: options.onWarning && once(options.onWarning),
    nameOf: isHub ? dockerHubName : (name) => name,
  }
}

/** Warnings that are remembered: a registry that has a new one for every request is not remembered for ever. */
const MAX_WARNINGS = 100

function once(tell: (text: string) => void): (text: string) => void {
  const told = new Set<string>()
  return (text) => {
    if (told.has(text)) return
    if (told.size >= MAX_WARNINGS) told.delete(told.values().next().value!)
    told.add(text)
    tell(text)
  }
}

/** Docker Hub is not where it is called; a host without a scheme is encrypted unless it is on this machine. */
function addressOf(registry: string | URL): { base: URL; isHub: boolean } {
  const text = String(registry)
  if (!text.includes('://')) {
    if (!isHost(text) && !/^[\w-]+$/.test(text))
      throw new TypeError(`${JSON.stringify(text)} is neither a host nor a URL of a registry`)
    if (isDockerHub(text)) return { base: new URL(`https://${DOCKER_HUB_API}`), isHub: true }
    const secure = new URL(`https://${text}`)
    return { base: isLoopback(secure.hostname) ? new URL(`http://${text}`) : secure, isHub: false }
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new TypeError('the URL of a registry is one as in https://registry.example.com, without a query')
  if (url.username !== '' || url.password !== '')
    throw new TypeError('the URL of a registry holds no credentials: give them as an option')
  if (isDockerHub(url.host)) return { base: new URL(`https://${DOCKER_HUB_API}`), isHub: true }
  url.pathname = url.pathname.replace(/\/(?:v2\/?)?$/, '')
  return { base: url, isHub: false }
}

function isLoopback(hostname: string): boolean {
  return isPrivateHost(hostname) && /^(?:127\.|\[::1\]$|localhost$|.*\.localhost$)/.test(hostname)
}
