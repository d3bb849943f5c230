import type { MirrorNames } from '../oci/index.ts'
import type { Endpoint } from '../registry.ts'
import type { ChunkHints, Compat, ServerOptions } from './options.ts'
import { type Proxies, proxies } from './proxy.ts'

/** Server options with their defaults. */
export interface Settings {
  readonly realm: string
  readonly proxies: Proxies
  /** With a slash before it and none behind. */
  readonly tokenPath: string
  readonly permits: (name: string) => boolean
  /** What names mean; absent where they mean themselves. */
  readonly mirrors: MirrorNames | undefined
  readonly maxManifestSize: number
  readonly maxBlobSize: number
  readonly maxChunkSize: number
  readonly chunkHints: ChunkHints
  readonly redirect: boolean
  readonly warnings: readonly string[]
  readonly compat: Required<Compat>
  readonly formatError: ServerOptions['formatError']
  /** Methods that are switched off at an endpoint. */
  readonly off: (endpoint: Endpoint) => readonly string[]
}

const MIB = 1024 * 1024

/**
 * Fills in the defaults.
 * @param mirrors What names mean, if other registries are mirrored.
 * @throws TypeError for a limit that is not a number above 0, or limits that contradict each other.
 */
export function settingsOf(options: Omit<ServerOptions, 'auth'>, mirrors?: MirrorNames): Settings {
  const { repositoryName: rule } = options
  const deletes: Partial<Record<Endpoint, boolean | undefined>> = {
    blob: options.deleteBlobs,
    manifest: options.deleteManifests,
  }
  return {
    realm: options.realm ?? 'Registry',
    proxies: proxies(options.publicUrl, options.trustProxy ?? false),
    tokenPath: tokenPathOf(options.tokenPath),
    permits:
      typeof rule === 'function' ? rule : (name) => !rule || new RegExp(rule.source, rule.flags).test(name),
    mirrors,
    maxManifestSize: limit('maxManifestSize', options.maxManifestSize, 4 * MIB),
    maxBlobSize: limit('maxBlobSize', options.maxBlobSize, Number.POSITIVE_INFINITY),
    maxChunkSize: limit('maxChunkSize', options.maxChunkSize, Number.POSITIVE_INFINITY),
    chunkHints: hintsOf(options.chunkHints ?? {}, options.maxChunkSize),
    redirect: options.redirect !== undefined && options.redirect !== false,
    warnings: options.warnings ?? [],
    compat: compatOf(options.compat ?? {}),
    formatError: options.formatError,
    off: (endpoint) => (deletes[endpoint] === false ? ['DELETE'] : []),
  }
}

/** @throws TypeError for what is no path. */
export function tokenPathOf(path = '/token'): string {
  if (/^(?:\/[\w.~-]+)+$/.test(path) && !/^\/v2(?:\/|$)/.test(path)) return path
  throw new TypeError('tokenPath must be a path outside of /v2, as in /token')
}

function hintsOf({ min, max }: ChunkHints, maxChunkSize: number | undefined): ChunkHints {
  const longest = limit('maxChunkSize', maxChunkSize, Number.POSITIVE_INFINITY)
  const most = limit('chunkHints.max', max, longest)
  const least = limit('chunkHints.min', min, 1)
  if (least > most || most > longest)
    throw new TypeError('chunkHints.min, chunkHints.max and maxChunkSize must be in ascending order')
  return {
    ...(min !== undefined && { min }),
    ...(most !== Number.POSITIVE_INFINITY && { max: most }),
  }
}

/** Without `n` a client gets everything, unless a page limit is imitated. */
function compatOf(compat: Compat): Required<Compat> {
  const pageLimit = limit('compat.pageLimit', compat.pageLimit, Number.POSITIVE_INFINITY)
  const all = { referrers: true, filters: true, singlePost: true, tagDigest: true, link: true }
  return { ...all, ...compat, pageLimit }
}

function limit(name: string, value: number | undefined, standard: number): number {
  if (value === undefined) return standard
  if (value > 0 && (Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY)) return value
  throw new TypeError(`${name} must be a number above 0`)
}
