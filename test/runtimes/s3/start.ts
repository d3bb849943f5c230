/**
 * Servers over the bucket of the tests, as processes of their own.
 * @module
 */

import { bucketOptions } from '../../storage/s3/bucket.ts'
import { BUN, COMMAND, type ServerProcess, startServer } from '../bun/start.ts'

const RUNTIMES = { node: process.execPath, bun: BUN } as const

/** How a process is told which bucket to use: what `--data` says, and the variables of the credentials. */
export interface BucketData {
  readonly data: string
  readonly env: Record<string, string>
}

/** The bucket, below a prefix that nobody has used. */
export function newBucketData(): BucketData {
  const { bucket, prefix, endpoint, region = '', credentials } = bucketOptions()
  const { accessKeyId, secretAccessKey } = credentials
  const query = new URLSearchParams({ endpoint, region })
  return {
    data: `s3://${bucket}/${prefix}?${query}`,
    env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  }
}

/** Runs the command over a bucket until it listens. */
export function serveBucket(
  runtime: keyof typeof RUNTIMES,
  { data, env }: BucketData,
  ...flags: string[]
): Promise<ServerProcess> {
  const args = [COMMAND, 'serve', '--data', data, '--port', '0', '--log', 'off', ...flags]
  return startServer(RUNTIMES[runtime], args, env)
}
