import { memory } from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import type { FsOptions } from '../../storage/fs/index.ts'
import type { S3Credentials, S3Options } from '../../storage/s3/index.ts'
import type { Env } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'

/**
 * Opens what `--data` names: a folder, `s3://bucket/prefix`, or `null` for memory.
 * @param folder How a folder is opened.
 * @throws {@link UsageError}
 */
export async function openStorage(data: string | null, env: Env, folder?: FsOptions): Promise<Storage> {
  if (data === null) return memory()
  return isBucket(data) ? openS3(bucketOf(data, env)) : openFolder(data, folder)
}

/** Whether `--data` names a bucket and not a folder. */
export function isBucket(data: string): boolean {
  return /^s3:/i.test(data)
}

/** Opens a folder. @throws {@link UsageError} */
export async function openFolder(data: string, options?: FsOptions): Promise<Storage> {
  const { fs, StorageOpenError } = await import('../../storage/fs/index.ts')
  try {
    return await fs(data, options)
  } catch (error) {
    if (error instanceof StorageOpenError) throw new UsageError(error.message)
    throw error
  }
}

/** Opens a bucket, in the fastest way that the runtime has. @throws {@link UsageError} */
export async function openS3(options: S3Options): Promise<Storage> {
  const { s3, S3Error } = await import('../../storage/s3/index.ts')
  try {
    return await s3({ ...options, ...(await fetchesOf()) })
  } catch (error) {
    if (error instanceof S3Error) throw new UsageError(error.message)
    throw error
  }
}

/** What requests to buckets are sent by: Bun's own fetch is the faster one there. */
export async function fetchesOf(): Promise<Pick<S3Options, 'fetch'>> {
  return 'Bun' in globalThis ? {} : { fetch: (await import('../../node/index.ts')).nodeFetch }
}

const SHAPE =
  "--data must be a folder or s3://bucket/prefix, with '?endpoint=https://...' behind it for other stores than AWS"

/** How to open `s3://bucket/prefix?endpoint=...&region=...`, with the rest from the names that AWS tools know. */
export function bucketOf(data: string, env: Env): S3Options {
  const [, bucket, path = '', search = ''] =
    /^s3:\/\/([^/?#@:]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(data) ?? []
  const query = new URLSearchParams(search)
  const unknown = [...query.keys()].some((name) => name !== 'endpoint' && name !== 'region')
  if (bucket === undefined || unknown) throw new UsageError(SHAPE)
  const endpoint = query.get('endpoint') ?? (env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'])
  const region = query.get('region') ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'])
  return {
    bucket,
    credentials: bucketCredentials(env),
    ...(path !== '' && { prefix: path }),
    ...(endpoint && { endpoint }),
    ...(region && { region }),
  }
}

/** The names that AWS tools know. @throws {@link UsageError} if they are not set. */
export function bucketCredentials(env: Env): S3Credentials {
  const accessKeyId = env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY']
  const sessionToken = env['AWS_SESSION_TOKEN']
  if (!accessKeyId || !secretAccessKey)
    throw new UsageError('a bucket needs credentials', 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}
