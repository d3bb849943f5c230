import type { Logger, Ocikit } from '../../../src/index.ts'

/** What other replicas have left, and retries, wait so long at most, in milliseconds; own changes do not wait. */
const INTERVAL = 5000
/** How long a receiver that is slow, or has much to catch up on, holds up the retries to others, in milliseconds. */
const HOLD_UP = 30_000

/** Sends what waits for webhooks, at once and every few seconds. @returns ends it. */
export function delivery(kit: Pick<Ocikit, 'webhooks'>, logger: Logger): () => Promise<void> {
  const stop = new AbortController()
  let running: Promise<unknown> | null = null
  let begun = 0
  const run = (): void => {
    // A run to a receiver goes on until nothing is due; one that begins beside it sends to the others only.
    if (running && performance.now() - begun < HOLD_UP) return
    begun = performance.now()
    const mine = kit.webhooks
      .drain(undefined, { signal: stop.signal })
      .then(({ sent, failed, undeliverable }) => {
        if (sent + failed + undeliverable > 0) logger.debug('webhooks', { sent, failed, undeliverable })
      })
      .catch((error: unknown) => logger.error('sending to webhooks failed', { error }))
      .finally(() => {
        if (running === mine) running = null
      })
    running = mine
  }
  run()
  const timer = setInterval(run, INTERVAL).unref()
  return async () => {
    clearInterval(timer)
    stop.abort()
    await running
  }
}
