import { createSecureContext } from 'node:tls'
import type { Logger } from '../../src/index.ts'
import type { Tls } from '../node/index.ts'
import { reread } from './reread.ts'
import type { Listening } from './serve.ts'
import { UsageError } from './values.ts'

/** A certificate from files that may be renewed. */
export interface RenewingTls {
  /** As it was at first. */
  readonly current: Tls
  /** Takes over what changes. @returns ends that. */
  watch(server: Listening): () => void
}

/** How often the files are looked at, in milliseconds. */
const EVERY = 1000

/** Reads a certificate and its key. @throws {@link UsageError} if they do not fit. */
export async function openTls(files: { cert: string; key: string }, logger: Logger): Promise<RenewingTls> {
  const cert = await reread('--tls-cert', files.cert, (text) => text, logger, EVERY)
  const key = await reread('--tls-key', files.key, (text) => text, logger, EVERY)
  const read = async (): Promise<Tls> => ({ cert: await cert(), key: await key() })
  const current = await read()
  const wrong = whyNot(current)
  if (wrong) throw new UsageError(`--tls-cert ${files.cert} and --tls-key ${files.key}: ${wrong}`)
  return {
    current,
    watch(server) {
      let served = current
      const renew = async () => {
        const next = await read()
        if (next.cert === served.cert && next.key === served.key) return
        // Between the two writes of whoever renews them they may not fit.
        if (whyNot(next)) return
        server.renew?.(next)
        served = next
        logger.info('the certificate has been renewed')
      }
      const timer = setInterval(
        () =>
          void renew().catch((error: unknown) => logger.error('renewing the certificate failed', { error })),
        EVERY,
      )
      return () => clearInterval(timer)
    },
  }
}

function whyNot({ cert, key }: Tls): string | null {
  try {
    createSecureContext({ cert, key })
    return null
  } catch {
    return 'these are no certificate and its key, both as PEM'
  }
}
