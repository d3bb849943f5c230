import { type RateLimiter, tokenBucket } from '../../../src/index.ts'
import { portOf, rateOf, sizeOf, tagGlobsOf, UsageError } from '../input/values.ts'
import { isBucket } from './storage.ts'

/** What `ocikit serve` was told of limits, and of looking at it. */
export interface WatchOptions {
  readonly readOnly: boolean
  /** Globs of tags that never move. */
  readonly immutableTags: readonly string[]
  readonly rateLimit?: RateLimiter
  /** Bytes of the disk that stay free, or a part of it. */
  readonly minFree?: number | `${number}%`
  readonly health: boolean
  readonly metrics: boolean
  /** Where both are shown instead of beside the registry. */
  readonly monitorPort?: number
  /** The header of requests that are inspected. */
  readonly inspectHeader?: string
}

/** The text of a flag or its variable. */
type Text = (flag: 'rate-limit' | 'min-free' | 'monitor-port' | 'inspect-header') => string | undefined
/** The value of a switch. */
type On = (flag: 'read-only' | 'health' | 'metrics') => boolean | undefined

/** Reads them. @param data What keeps the content. @throws {@link UsageError} */
export function watchOptionsOf(
  text: Text,
  on: On,
  immutableTags: readonly string[],
  data: string | null,
): WatchOptions {
  const [rate, free, port, header] = [
    text('rate-limit'),
    text('min-free'),
    text('monitor-port'),
    text('inspect-header'),
  ]
  const globs = tagGlobsOf('--immutable-tags', immutableTags)
  if (free !== undefined && (data === null || isBucket(data)))
    throw new UsageError('--min-free needs a folder: nothing else has a disk of its own')
  const [health, metrics] = [on('health') ?? false, on('metrics') ?? false]
  if (port !== undefined && !health && !metrics)
    throw new UsageError('--monitor-port needs --health or --metrics')
  if (header !== undefined && !/^[\w-]+$/.test(header))
    throw new UsageError('--inspect-header must be the name of a header, as in x-oci-conformance-test')
  return {
    readOnly: on('read-only') ?? false,
    immutableTags: globs,
    ...(rate !== undefined && { rateLimit: tokenBucket(rateOf('--rate-limit', rate)) }),
    ...(free !== undefined && { minFree: freeOf(free) }),
    health,
    metrics,
    ...(port !== undefined && { monitorPort: portOf(port, '--monitor-port') }),
    ...(header !== undefined && { inspectHeader: header }),
  }
}

function freeOf(value: string): number | `${number}%` {
  if (/^\d{1,2}(\.\d+)?%$/.test(value) && Number.parseFloat(value) > 0) return value as `${number}%`
  if (value.endsWith('%')) throw new UsageError('--min-free must be below 100% and above 0%')
  return sizeOf('--min-free', value)!
}
