import { type Ocikit, ocikit } from '../../../src/index.ts'
import type { NodeServer, Tls } from '../../node/index.ts'
import type { Io } from '../main.ts'
import { authOf } from '../server/auth.ts'
import { openBackend } from '../server/backend.ts'
import { delivery } from '../server/delivery.ts'
import { createLogger } from '../server/log.ts'
import { type CliOptions, readOptions, UsageError } from '../server/options.ts'
import { stopped } from '../server/stop.ts'
import { isBucket } from '../server/storage.ts'
import { openTls } from '../server/tls.ts'
import { switchBySignal, watchersOf, withImmutableTags } from '../server/watch.ts'
import { welcome } from '../server/welcome.ts'

export { help } from '../help/serve.ts'
export { SERVE_FLAGS as flags } from '../input/flags.ts'

/** As in `--no-memory`. */
export const negatives = true

/** `ocikit serve`: listens until a signal, then lets requests in flight finish. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = readOptions(args, io.env)
  const logger = createLogger(options.log, io.stderr, options.logLevel)
  const tls = options.tls && (await openTls(options.tls, logger))
  const backend = await openBackend(options, io.env, logger)
  const auth = await authOf(options.auth, backend.storage, logger).catch(async (error) => {
    await backend.close()
    throw error
  })
  const kit = ocikit({
    ...withImmutableTags(backend.content, options.watch),
    ...watchersOf(options.watch, logger),
    auth,
    ...(options.publicUrl !== undefined && { publicUrl: options.publicUrl }),
    ...(options.trustProxy !== undefined && { trustProxy: options.trustProxy }),
    logger,
    redirect: options.redirect,
    deleteBlobs: options.delete,
    deleteManifests: options.delete,
    ...(options.maxManifestSize !== undefined && { maxManifestSize: options.maxManifestSize }),
    ...(options.maxBlobSize !== undefined && { maxBlobSize: options.maxBlobSize }),
    ...(options.cors !== undefined && { cors: options.cors }),
    ...(options.webhooks && { webhooks: options.webhooks }),
  })
  let monitor: Listening | undefined
  try {
    const stop = stopped(io.signal)
    const { monitorPort } = options.watch
    if (monitorPort !== undefined) {
      monitor = await listenOrExplain(kit.monitor, { ...options, port: monitorPort }, undefined)
      logger.info('health and metrics', { url: monitor.url })
    }
    const server = await listenOrExplain(kit, options, tls?.current)
    const endTls = tls?.watch(server)
    io.stdout.write(`listening ${server.url}\n`)
    welcome(options, server, io.stderr, logger)
    const endUpkeep = backend.keepUp(kit, options.gcInterval, logger)
    const endDelivery = options.webhooks && delivery(kit, logger)
    // Whoever embeds the command has signals of its own.
    const endSwitch = io.signal ? undefined : switchBySignal(kit, logger)
    const reason = await stop
    endTls?.()
    logger.info(`${reason}: finishing what is in flight`)
    await Promise.all([server.close(), endUpkeep(), endDelivery?.()])
    // Not earlier: a signal that nobody listens for ends the process.
    endSwitch?.()
  } finally {
    await monitor?.close()
    await kit.close()
    await backend.close()
  }
  return 0
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken',
  EACCES: 'not permitted',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name cannot be resolved now',
}

/** What every shim gives. */
export type Listening = Pick<NodeServer, 'url' | 'port' | 'close'> & Partial<Pick<NodeServer, 'renew'>>

async function listenOrExplain(
  kit: Pick<Ocikit, 'fetch'>,
  { host, port, data, registry, mirrors }: CliOptions,
  tls: Tls | undefined,
): Promise<Listening> {
  try {
    // The same command runs on both; Bun's own server takes half the work of its imitation of Node's. But it sends
    // streams of more than 1 MiB without their length (https://github.com/oven-sh/bun/issues/10507), and all is a
    // stream that is not in a file.
    const streams = registry !== undefined || mirrors !== undefined || data === null || isBucket(data)
    const native = 'Bun' in globalThis && !tls && !streams
    const shim = native ? await import('../../bun/index.ts') : await import('../../node/index.ts')
    return await shim.serve(kit, { hostname: host, port, ...(tls && { tls }) })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const why = WHY[code] ?? (error as Error).message
    const hint = code === 'EADDRINUSE' ? '--port 0 takes a free one' : undefined
    throw new UsageError(`cannot listen on ${host} port ${port}: ${why}`, hint)
  }
}
