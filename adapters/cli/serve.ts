import { type Auth, memory, type Ocikit, ocikit, open, users } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { serve as listen, type NodeServer } from '../node/index.ts'
import { createLogger } from './log.ts'
import type { Io } from './main.ts'
import { type CliOptions, readOptions, UsageError } from './options.ts'
import { stopped } from './stop.ts'
import { welcome } from './welcome.ts'

const HOUR = 3_600_000

/** `ocikit serve`: listens until a signal, then lets requests in flight finish. */
export async function serve(args: readonly string[], io: Io): Promise<number> {
  const options = readOptions(args, io.env)
  const logger = createLogger(options.log, io.stderr)
  const auth: Auth = options.users.length > 0 ? users(options.users) : open()
  const kit = ocikit({
    storage: await openStorage(options),
    auth,
    logger,
    sparse: options.sparse,
    deleteBlobs: options.delete,
    deleteManifests: options.delete,
    ...(options.maxManifestSize !== undefined && { maxManifestSize: options.maxManifestSize }),
    ...(options.maxBlobSize !== undefined && { maxBlobSize: options.maxBlobSize }),
    ...(options.cors !== undefined && { cors: options.cors }),
  })
  try {
    const stop = stopped(io.signal)
    const server = await listenOrExplain(kit, options)
    io.stdout.write(`listening ${server.url}\n`)
    welcome(options, server, io.stderr, logger)
    const sweep = () => {
      kit.sweep().catch((error: unknown) => logger.error('removing expired uploads failed', { error }))
    }
    sweep()
    const timer = setInterval(sweep, HOUR).unref()
    const reason = await stop
    logger.info(`${reason}: finishing what is in flight`)
    clearInterval(timer)
    await server.close()
  } finally {
    await kit.close()
  }
  return 0
}

async function openStorage({ data }: CliOptions): Promise<Storage> {
  if (data === null) return memory()
  const { fs, StorageOpenError } = await import('../storage/fs/index.ts')
  try {
    return await fs(data)
  } catch (error) {
    if (error instanceof StorageOpenError) throw new UsageError(error.message)
    throw error
  }
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken',
  EACCES: 'not permitted',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name cannot be resolved now',
}

async function listenOrExplain(kit: Ocikit, { host, port }: CliOptions): Promise<NodeServer> {
  try {
    return await listen(kit, { hostname: host, port })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const why = WHY[code] ?? (error as Error).message
    const hint = code === 'EADDRINUSE' ? '--port 0 takes a free one' : undefined
    throw new UsageError(`cannot listen on ${host} port ${port}: ${why}`, hint)
  }
}
