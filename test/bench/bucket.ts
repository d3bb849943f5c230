/**
 * A bucket of a real S3 server: the one that `OCIKIT_TEST_S3_*` name, or one that `.ci/s3` starts.
 * @module
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'
import { CACHE, run } from './run.ts'
import { atEnd, dataFolder } from './scratch.ts'
import { ROOT } from './subject.ts'

const BUILD_LIMIT = 30 * 60_000
const STOP_LIMIT = 10_000

/** A bucket, whose server ends with it if it was started for it. */
export interface Bucket extends AsyncDisposable {
  readonly endpoint: string
  readonly name: string
  readonly region: string
  readonly accessKey: string
  readonly secretKey: string
  /** Removes every object below a prefix. */
  empty(prefix: string): Promise<void>
}

/** Finds a bucket. With `install` its server may be built first. @throws Error that says why there is none. */
export async function findBucket(install: boolean): Promise<Bucket> {
  if (process.env['OCIKIT_TEST_S3_ENDPOINT']) return bucketOf(process.env, async () => {})
  if (!install && !(await isBuilt())) throw new Error('OCIKIT_TEST_S3_* are not set, and MinIO is not built')
  const { path } = dataFolder()
  const said = await run(join(ROOT, '.ci/s3'), [path], { timeout: BUILD_LIMIT })
  const names = Object.fromEntries(
    [...said.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  )
  const pid = Number(names['OCIKIT_TEST_S3_PID'])
  const ended = atEnd(() => process.kill(pid, 'SIGKILL'))
  return bucketOf(names, async () => {
    process.kill(pid)
    const deadline = Date.now() + STOP_LIMIT
    while (Date.now() < deadline && (await answers(names['OCIKIT_TEST_S3_ENDPOINT']!))) await sleep(50)
    ended()
  })
}

async function isBuilt(): Promise<boolean> {
  return (await readdir(CACHE).catch(() => [])).some((name) => name.startsWith('minio-'))
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => null)
  await response?.body?.cancel()
  return response !== null
}

function bucketOf(names: Readonly<Record<string, string | undefined>>, stop: () => Promise<void>): Bucket {
  const named = (name: string): string => {
    const value = names[`OCIKIT_TEST_S3_${name}`]
    if (!value) throw new Error(`OCIKIT_TEST_S3_${name} is not set`)
    return value
  }
  const [endpoint, name, accessKey, secretKey] = ['ENDPOINT', 'BUCKET', 'ACCESS_KEY', 'SECRET_KEY'].map(
    named,
  ) as [string, string, string, string]
  const region = names['OCIKIT_TEST_S3_REGION'] || 'us-east-1'
  const client = new AwsClient({ accessKeyId: accessKey, secretAccessKey: secretKey, region, service: 's3' })
  const url = `${endpoint}/${name}`
  const ask = async (method: string, target: string): Promise<string> => {
    const response = await client.fetch(target, { method })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${target}: ${response.status} ${text.slice(0, 500)}`)
    return text
  }
  return {
    endpoint,
    name,
    region,
    accessKey,
    secretKey,
    async empty(prefix) {
      for (;;) {
        const listed = await ask('GET', `${url}?list-type=2&prefix=${encodeURIComponent(prefix)}`)
        const keys = [...listed.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!)
        if (keys.length === 0) return
        await Promise.all(keys.map((key) => ask('DELETE', `${url}/${encodeURI(key)}`)))
      }
    },
    [Symbol.asyncDispose]: stop,
  }
}
