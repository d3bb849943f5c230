import { type Collected, type Logger, type Ocikit, RegistryError } from '../../../src/index.ts'

const HOUR = 3_600_000

const DAY = 24 * HOUR

/**
 * Removes expired uploads and frees space, at once and every `interval` milliseconds; with 0 only the former, every
 * hour. Each day what retention lets go is removed first. Failures are logged, and so is what was removed and freed.
 * While the registry is read-only nothing is done.
 * @returns ends it: what is under way stops between two steps.
 */
export function upkeep(
  kit: Pick<Ocikit, 'sweep' | 'retain' | 'collect'> & Partial<Pick<Ocikit, 'readOnly'>>,
  interval: number,
  logger: Logger,
): () => Promise<void> {
  const stop = new AbortController()
  let collects = interval > 0
  let running: Promise<void> | null = null
  let retained = Number.NEGATIVE_INFINITY
  const retain = async (): Promise<void> => {
    const now = performance.now()
    if (now - retained < DAY) return
    const { tags, manifests, skipped, complete } = await kit.retain(undefined, { signal: stop.signal })
    if (complete) retained = now
    if (tags + manifests > 0) logger.info('removed by retention', { tags, manifests })
    for (const repository of skipped) logger.warn('too large for retention', { repository })
  }
  const work = async (): Promise<void> => {
    if (kit.readOnly) return
    await kit.sweep().catch((error: unknown) => logger.error('removing expired uploads failed', { error }))
    if (!collects || stop.signal.aborted) return
    await retain().catch((error: unknown) =>
      logger.error('applying the rules of retention failed', { error }),
    )
    try {
      const freed = somethingOf(await kit.collect(undefined, { signal: stop.signal }))
      if (freed) logger.info('space freed', freed)
    } catch (error) {
      collects = !(error instanceof RegistryError && error.code === 'UNSUPPORTED')
      if (collects) logger.error('freeing space failed', { error })
      else logger.warn((error as RegistryError).message)
    }
  }
  const run = (): void => {
    running ??= work().finally(() => {
      running = null
    })
  }
  run()
  const timer = setInterval(run, interval || HOUR).unref()
  return async () => {
    clearInterval(timer)
    stop.abort()
    await running
  }
}

/** What is not nothing; `null` if all is. */
function somethingOf(freed: Collected): Partial<Record<keyof Collected, number>> | null {
  const some = Object.entries(freed).filter(([, count]) => typeof count === 'number' && count > 0)
  return some.length > 0 ? Object.fromEntries(some) : null
}
