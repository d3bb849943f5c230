import { createSecureContext } from 'node:tls'
import type { Logger } from '../../../src/index.ts'
import type { Tls } from '../../node/index.ts'
import type { Listening } from '../commands/serve.ts'
import { UsageError } from '../input/values.ts'
import { reread } from './reread.ts'

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
  const cert = await reread('--tls-cert', files.cert, (text) => text, logger)
  const key = await reread('--tls-key', files.key, (text) => text, logger)
  const read = async (): Promise<Tls> => ({ cert: await cert(), key: await key() })
  const current = await read()
  const wrong = whyNot(current)
  if (wrong) throw new UsageError(`--tls-cert ${files.cert} and --tls-key ${files.key}: ${wrong}`)
  return {
    current,
    watch(server) {
      let served = current
      let unfit = current
      let times = 0
      const renew = async () => {
        const next = await read()
        if (next.cert === served.cert && next.key === served.key) return
        const wrong = whyNot(next)
        if (wrong) {
          // Between the two writes of whoever renews them they may not fit: it is told if that lasts.
          times = next.cert === unfit.cert && next.key === unfit.key ? times + 1 : 1
          unfit = next
          if (times === 2) logger.warn(`--tls-cert and --tls-key have not been taken over: ${wrong}`)
          return
        }
        server.renew?.(next)
        served = next
        logger.info('the certificate has been renewed')
      }
      const timer = setInterval(
        () =>
          void renew().catch((error: unknown) =>
            logger.error('renewing the certificate failed', { error: String(error) }),
          ),
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
