import type { Logger, Ocikit } from '../../../src/index.ts'

/** What other replicas have left, and retries, wait so long at most, in milliseconds; own changes do not wait. */
const INTERVAL = 5000

/** Sends what waits for webhooks, at once and every few seconds. @returns ends it. */
export function delivery(kit: Pick<Ocikit, 'webhooks'>, logger: Logger): () => Promise<void> {
  const stop = new AbortController()
  let running: Promise<unknown> | null = null
  const run = (): void => {
    running ??= kit.webhooks
      .drain(undefined, { signal: stop.signal })
      .then(({ sent, failed, undeliverable }) => {
        if (sent + failed + undeliverable > 0) logger.debug('webhooks', { sent, failed, undeliverable })
      })
      .catch((error: unknown) => logger.error('sending to webhooks failed', { error }))
      .finally(() => {
        running = null
      })
  }
  run()
  const timer = setInterval(run, INTERVAL).unref()
  return async () => {
    clearInterval(timer)
    stop.abort()
    await running
  }
}
