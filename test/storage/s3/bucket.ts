/**
 * The bucket of the tests that need a real store, from `OCIKIT_TEST_S3_*`; `.ci/s3` starts a store and prints these.
 * @module
 */

import { describe } from 'vitest'
import type { S3Credentials, S3Options } from '../../../adapters/storage/s3/index.ts'

const NAMES = ['ENDPOINT', 'BUCKET', 'ACCESS_KEY', 'SECRET_KEY', 'REGION'] as const
type Name = (typeof NAMES)[number]

function variable(name: Name): string | undefined {
  return process.env[`OCIKIT_TEST_S3_${name}`] || undefined
}

function needed(name: Name): string {
  const value = variable(name)
  if (value === undefined) throw new Error(`OCIKIT_TEST_S3_${name} is not set`)
  return value
}

const absent = NAMES.filter((each) => each !== 'REGION' && variable(each) === undefined)

/** Whether there is a store. */
export const hasBucket: boolean = absent.length === 0

/** Tests that need a store, or a skip that says why. */
export function describeBucket(name: string, body: () => void | Promise<void>): void {
  if (hasBucket) {
    describe(name, body)
    return
  }
  const reason = `${absent.map((each) => `OCIKIT_TEST_S3_${each}`).join(', ')} not set`
  console.warn(`skipped: ${name}, ${reason}`)
  describe.skip(`${name} (${reason})`, body)
}

/** How to open the bucket, below a prefix that nobody else uses. */
export function bucketOptions(): S3Options & {
  endpoint: string
  prefix: string
  credentials: S3Credentials
} {
  return {
    endpoint: needed('ENDPOINT'),
    bucket: needed('BUCKET'),
    region: variable('REGION') ?? 'us-east-1',
    prefix: `test/${crypto.randomUUID()}`,
    credentials: { accessKeyId: needed('ACCESS_KEY'), secretAccessKey: needed('SECRET_KEY') },
  }
}
