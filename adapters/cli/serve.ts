import { type Ocikit, ocikit, retention } from '../../src/index.ts'
import type { NodeServer, Tls } from '../node/index.ts'
import { authOf } from './auth.ts'
import { createLogger } from './log.ts'
import type { Io } from './main.ts'
import { type CliOptions, readOptions, UsageError } from './options.ts'
import { stopped } from './stop.ts'
import { isBucket, openStorage } from './storage.ts'
import { openTls } from './tls.ts'
import { upkeep } from './upkeep.ts'
import { welcome } from './welcome.ts'

/** `ocikit serve`: listens until a signal, then lets requests in flight finish. */
export async function serve(args: readonly string[], io: Io): Promise<number> {
  const options = readOptions(args, io.env)
  const logger = createLogger(options.log, io.stderr)
  const tls = options.tls && (await openTls(options.tls, logger))
  const storage = await openStorage(options.data, io.env)
  const auth = await authOf(options.auth, storage, logger).catch(async (error) => {
    await storage.close?.()
    throw error
  })
  const kit = ocikit({
    storage,
    auth,
    ...(options.publicUrl !== undefined && { publicUrl: options.publicUrl }),
    ...(options.trustProxy !== undefined && { trustProxy: options.trustProxy }),
    logger,
    sparse: options.sparse,
    redirect: options.redirect,
    quotas: options.quotas,
    uploadExpiry: options.gcGrace,
    deleteBlobs: options.delete,
    deleteManifests: options.delete,
    ...(options.retention && { retention: retention(options.retention) }),
    ...(options.maxManifestSize !== undefined && { maxManifestSize: options.maxManifestSize }),
    ...(options.maxBlobSize !== undefined && { maxBlobSize: options.maxBlobSize }),
    ...(options.cors !== undefined && { cors: options.cors }),
  })
  try {
    const stop = stopped(io.signal)
    const server = await listenOrExplain(kit, options, tls?.current)
    const endTls = tls?.watch(server)
    io.stdout.write(`listening ${server.url}\n`)
    welcome(options, server, io.stderr, logger)
    const endUpkeep = upkeep(kit, options.gcInterval, logger)
    const reason = await stop
    endTls?.()
    logger.info(`${reason}: finishing what is in flight`)
    await Promise.all([server.close(), endUpkeep()])
  } finally {
    await kit.close()
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
  kit: Ocikit,
  { host, port, data }: CliOptions,
  tls: Tls | undefined,
): Promise<Listening> {
  try {
    // The same command runs on both; Bun's own server takes half the work of its imitation of Node's. But it sends
    // streams of more than 1 MiB without their length (https://github.com/oven-sh/bun/issues/10507), and what comes
    // from a bucket is a stream.
    const native = 'Bun' in globalThis && !tls && !(data !== null && isBucket(data))
    const shim = native ? await import('../bun/index.ts') : await import('../node/index.ts')
    return await shim.serve(kit, { hostname: host, port, ...(tls && { tls }) })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const why = WHY[code] ?? (error as Error).message
    const hint = code === 'EADDRINUSE' ? '--port 0 takes a free one' : undefined
    throw new UsageError(`cannot listen on ${host} port ${port}: ${why}`, hint)
  }
}
