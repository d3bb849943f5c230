import { mirrors } from '../../../src/cache/index.ts'
import { createClient } from '../../../src/client/index.ts'
import type { Logger, Mirrors } from '../../../src/index.ts'
import { mirrorName } from '../../../src/oci/index.ts'
import { dockerCredentials } from '../../node/index.ts'
import { type Env, type Flags, variable } from '../input/flags.ts'
import { durationOf, sizeOf, switchOf, UsageError } from '../input/values.ts'

/** Which registries are mirrored, and how. */
export interface MirrorFlags {
  /** In the order in which they were given. */
  readonly upstreams: readonly Upstream[]
  /** Milliseconds that a tag is good for. */
  readonly ttl?: number
  readonly maxBytes?: number
  readonly offline: boolean
}

/** A registry that is mirrored. */
interface Upstream {
  /** As it stands in names of images. */
  readonly host: string
  /** Where it is. */
  readonly url: string
}

/** What a client waits for an upstream to begin an answer: somebody else waits for ours. */
const TIMEOUT = 15_000

/** Reads what is said of mirrors; absent without any. @throws {@link UsageError} */
export function mirrorsOf(flags: Flags, env: Env): MirrorFlags | undefined {
  const values = flags.mirror ?? variable(env, 'mirror')?.split(',') ?? []
  const upstreams = values.map((each) => upstreamOf(each.trim()))
  const ttl = flags['mirror-ttl'] ?? variable(env, 'mirror-ttl')
  const maxBytes = sizeOf('--mirror-max-size', flags['mirror-max-size'] ?? variable(env, 'mirror-max-size'))
  const offline =
    flags['mirror-offline'] ?? switchOf('OCIKIT_MIRROR_OFFLINE', variable(env, 'mirror-offline'))
  if (upstreams.length === 0) {
    if (ttl === undefined && maxBytes === undefined && !offline) return undefined
    throw new UsageError('--mirror-ttl, --mirror-max-size and --mirror-offline are about --mirror', 'add one')
  }
  if (new Set(upstreams.map(({ host }) => mirrorName(host))).size < upstreams.length)
    throw new UsageError('--mirror has the same host twice')
  return {
    upstreams,
    ...(ttl !== undefined && { ttl: durationOf('--mirror-ttl', ttl) }),
    ...(maxBytes !== undefined && { maxBytes }),
    offline: offline ?? false,
  }
}

/** `docker.io=https://registry-1.docker.io`; without a URL it is where its host says. */
function upstreamOf(text: string): Upstream {
  const [host = '', ...rest] = text.split('=')
  const url = rest.length === 0 ? host : rest.join('=')
  try {
    mirrorName(host)
    createClient(url)
  } catch (error) {
    throw new UsageError(
      `--mirror: ${(error as Error).message}`,
      'write HOST=URL, as in docker.io=https://registry-1.docker.io',
    )
  }
  return { host, url }
}

/** The mirrors, with the credentials that `docker login` and `podman login` have left. Nothing is asked yet. */
export function openMirrors({ upstreams, ...options }: MirrorFlags, env: Env, logger: Logger): Mirrors {
  const credentials = dockerCredentials({ env })
  const clients = upstreams.map(({ host, url }) => {
    const onWarning = (text: string) => logger.warn('a mirrored registry warns', { registry: host, text })
    const retry = { tries: 2, maxDelay: 2000 }
    return [host, createClient(url, { credentials, onWarning, retry, timeout: TIMEOUT })] as const
  })
  return mirrors({ ...options, upstreams: Object.fromEntries(clients) })
}
