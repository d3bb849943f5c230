import { memory } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import type { S3Credentials, S3Options } from '../storage/s3/index.ts'
import type { Env } from './flags.ts'
import { UsageError } from './values.ts'

/** Opens what `--data` names: a folder, `s3://bucket/prefix`, or `null` for memory. @throws {@link UsageError} */
export async function openStorage(data: string | null, env: Env): Promise<Storage> {
  if (data === null) return memory()
  return isBucket(data) ? openBucket(data, env) : openFolder(data)
}

/** Whether `--data` names a bucket and not a folder. */
export function isBucket(data: string): boolean {
  return /^s3:/i.test(data)
}

async function openFolder(data: string): Promise<Storage> {
  const { fs, StorageOpenError } = await import('../storage/fs/index.ts')
  try {
    return await fs(data)
  } catch (error) {
    if (error instanceof StorageOpenError) throw new UsageError(error.message)
    throw error
  }
}

async function openBucket(data: string, env: Env): Promise<Storage> {
  const options = bucketOf(data, env)
  const { s3, S3Error } = await import('../storage/s3/index.ts')
  try {
    // Bun's own fetch is the faster one there.
    if ('Bun' in globalThis) return await s3(options)
    const { nodeFetch } = await import('../node/index.ts')
    return await s3({ ...options, fetch: nodeFetch })
  } catch (error) {
    if (error instanceof S3Error) throw new UsageError(error.message)
    throw error
  }
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
    credentials: credentialsOf(env),
    ...(path !== '' && { prefix: path }),
    ...(endpoint && { endpoint }),
    ...(region && { region }),
  }
}

function credentialsOf(env: Env): S3Credentials {
  const accessKeyId = env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY']
  const sessionToken = env['AWS_SESSION_TOKEN']
  if (!accessKeyId || !secretAccessKey)
    throw new UsageError('a bucket needs credentials', 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}
