/**
 * Limits and looking at it, as `ocikit serve` has them.
 * @module
 */

import { immutable } from '../../../src/compose/index.ts'
import { inspector, type Logger, metrics, type Ocikit, type OcikitOptions } from '../../../src/index.ts'
import type { Backend } from './backend.ts'
import type { WatchOptions } from './watch-options.ts'

/** Options of `ocikit()`. */
export function watchersOf(options: WatchOptions, logger: Logger): Partial<Omit<OcikitOptions, 'auth'>> {
  const { inspectHeader: header, rateLimit } = options
  return {
    readOnly: options.readOnly,
    health: options.health,
    monitorApart: options.monitorPort !== undefined,
    ...(rateLimit && { rateLimit }),
    ...(options.metrics && { metrics: metrics() }),
    ...(header !== undefined && {
      inspect: inspector({ header, to: (checkpoint) => logger.info('inspect', { ...checkpoint }) }),
    }),
  }
}

/** What is served, with tags that stay. */
export function withImmutableTags(
  content: Backend['content'],
  { immutableTags: globs }: WatchOptions,
): Backend['content'] {
  if (globs.length === 0) return content
  if ('registry' in content) return { registry: immutable(content.registry, globs) }
  return { ...content, wrap: (store) => immutable(store, globs) }
}

/** SIGUSR1 makes it read-only, SIGUSR2 writable again. @returns ends that. */
export function switchBySignal(kit: Pick<Ocikit, 'readOnly'>, logger: Logger): () => void {
  const to = (readOnly: boolean) => () => {
    kit.readOnly = readOnly
    logger.warn(readOnly ? 'read-only until SIGUSR2: writes are refused' : 'writes are served again')
  }
  const [on, off] = [to(true), to(false)]
  process.on('SIGUSR1', on)
  process.on('SIGUSR2', off)
  return () => {
    process.off('SIGUSR1', on)
    process.off('SIGUSR2', off)
  }
}
