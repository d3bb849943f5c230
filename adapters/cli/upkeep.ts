import { type Collected, type Logger, type Ocikit, RegistryError } from '../../src/index.ts'

const HOUR = 3_600_000

/**
 * Removes expired uploads and frees space, at once and every `interval` milliseconds; with 0 only the former, every
 * hour. Failures are logged, and so is what was freed.
 * @returns ends it: what is under way stops between two steps.
 */
export function upkeep(
  kit: Pick<Ocikit, 'sweep' | 'collect'>,
  interval: number,
  logger: Logger,
): () => Promise<void> {
  const stop = new AbortController()
  let collects = interval > 0
  let running: Promise<void> | null = null
  const work = async (): Promise<void> => {
    await kit.sweep().catch((error: unknown) => logger.error('removing expired uploads failed', { error }))
    if (!collects || stop.signal.aborted) return
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
