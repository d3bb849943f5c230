/**
 * How a bucket is used: the options, checked.
 * @module
 */

import type { S3Credentials, S3CredentialsProvider } from './credentials.ts'
import { S3Error } from './errors.ts'

/** How a bucket is used. */
export interface S3Options {
  /** The bucket's name. It must exist. */
  readonly bucket: string
  /** Fixed credentials, or a function that is asked again before they end. */
  readonly credentials: S3Credentials | S3CredentialsProvider
  /** Default: `us-east-1`. Cloudflare R2 wants `auto`. */
  readonly region?: string
  /** The store's URL, as in `https://minio.example.com:9000`. Default: that of AWS for the region. */
  readonly endpoint?: string | URL
  /** Everything is kept below it, as in `registry/`. Buckets may be shared by prefix. Default: the whole bucket. */
  readonly prefix?: string
  /**
   * Whether the bucket stands in the path (`https://host/bucket/key`) or before the host. Default: in the path
   * if `endpoint` is given or the bucket's name has a dot.
   */
  readonly pathStyle?: boolean
  /** Sends requests. Default: the runtime's `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /**
   * Whether `fetch` sends a stream of known length with a `Content-Length`, which S3 needs. False: pieces are
   * collected in memory, 16 MiB at a time. Default: false on Deno, true elsewhere.
   */
  readonly streams?: boolean
  /** How often a request is sent again when the store is busy or gone. Default: 4. */
  readonly retries?: number
  /** The clock, in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number
  /** Waits between tries. Default: `setTimeout`. */
  readonly wait?: (ms: number) => Promise<void>
}

/** The options with all defaults. */
export interface Settings {
  readonly bucket: string
  readonly credentials: S3Credentials | S3CredentialsProvider
  readonly region: string
  /** Of the bucket, without a slash at its end. */
  readonly base: string
  readonly origin: string
  /** Empty, or ends in a slash. */
  readonly prefix: string
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly streams: boolean
  readonly retries: number
  readonly now: () => number
  readonly wait: (ms: number) => Promise<void>
}

/** Long enough for a tenant's name, short enough for the longest keys behind it. */
const MAX_PREFIX = 300

/** Checks the options. @throws {@link S3Error} `InvalidOptions`. */
export function settingsOf(options: S3Options): Settings {
  const { bucket, region = 'us-east-1' } = options
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(bucket))
    throw invalid(`${JSON.stringify(bucket)} is not the name of a bucket`)
  if (!/^[A-Za-z0-9-]+$/.test(region)) throw invalid(`${JSON.stringify(region)} is not a region`)
  const endpoint = endpointOf(options.endpoint, region)
  const inPath = options.pathStyle ?? (options.endpoint !== undefined || bucket.includes('.'))
  return {
    bucket,
    credentials: options.credentials,
    region,
    base: baseOf(endpoint, bucket, inPath),
    origin: endpoint.origin,
    prefix: prefixOf(options.prefix ?? ''),
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    streams: options.streams ?? !('Deno' in globalThis),
    retries: options.retries ?? 4,
    now: options.now ?? Date.now,
    wait: options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
  }
}

function endpointOf(given: string | URL | undefined, region: string): URL {
  if (given === undefined) return new URL(`https://s3.${region}.amazonaws.com`)
  const url = URL.canParse(String(given)) ? new URL(given) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '')
    throw invalid('the endpoint must be a URL as in https://s3.example.com, without a password or a query')
  return url
}

function baseOf({ protocol, host, pathname }: URL, bucket: string, inPath: boolean): string {
  const path = pathname.replace(/\/+$/, '')
  return inPath ? `${protocol}//${host}${path}/${bucket}` : `${protocol}//${bucket}.${host}${path}`
}

function prefixOf(given: string): string {
  const prefix = given.replace(/\/+$/, '')
  if (prefix === '') return ''
  const fine = prefix.split('/').every((segment) => /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(segment))
  if (!fine || prefix.length > MAX_PREFIX)
    throw invalid(
      'the prefix must be of letters, digits, dots, hyphens and underscores, with single slashes between',
    )
  return `${prefix}/`
}

function invalid(message: string): S3Error {
  return new S3Error('InvalidOptions', 0, message)
}
