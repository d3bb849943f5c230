import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { bucketOf } from '../../adapters/cli/server/storage.ts'
import { bucketOptions, describeBucket } from '../storage/s3/bucket.ts'
import { run, start } from './run.ts'

const KEYS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'very-secret' }
const credentials = { accessKeyId: 'id', secretAccessKey: 'very-secret' }

describe('a bucket as --data', () => {
  test.each([
    ['s3://images', {}, { bucket: 'images', credentials }],
    ['s3://images/', {}, { bucket: 'images', credentials }],
    ['S3://images/a/b/', {}, { bucket: 'images', prefix: 'a/b/', credentials }],
    [
      's3://images/a?endpoint=http://127.0.0.1:9000&region=auto',
      { AWS_ENDPOINT_URL: 'http://other', AWS_REGION: 'other' },
      { bucket: 'images', prefix: 'a', endpoint: 'http://127.0.0.1:9000', region: 'auto', credentials },
    ],
    [
      's3://images',
      {
        AWS_ENDPOINT_URL_S3: 'http://s3',
        AWS_ENDPOINT_URL: 'http://all',
        AWS_REGION: 'eu',
        AWS_DEFAULT_REGION: 'us',
      },
      { bucket: 'images', endpoint: 'http://s3', region: 'eu', credentials },
    ],
    [
      's3://images',
      {
        AWS_ENDPOINT_URL_S3: '',
        AWS_ENDPOINT_URL: 'http://all',
        AWS_REGION: '',
        AWS_DEFAULT_REGION: 'us',
        AWS_SESSION_TOKEN: 't',
      },
      {
        bucket: 'images',
        endpoint: 'http://all',
        region: 'us',
        credentials: { ...credentials, sessionToken: 't' },
      },
    ],
  ])('%s %j', (data, env, options) => expect(bucketOf(data, { ...KEYS, ...env })).toEqual(options))

  test.each([
    ['s3:images', KEYS, '--data must be a folder or s3://bucket/prefix'],
    ['s3://', KEYS, '--data must be a folder or s3://bucket/prefix'],
    ['s3://id:very-secret@images', KEYS, '--data must be a folder or s3://bucket/prefix'],
    ['s3://images?zone=x', KEYS, '--data must be a folder or s3://bucket/prefix'],
    ['s3://images', {}, 'a bucket needs credentials (set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)'],
    ['s3://images/../x', KEYS, 'the prefix must be'],
    ['s3://images?endpoint=minio', KEYS, 'the endpoint must be a URL'],
  ])('%s is one line and exit code 2', async (data, env, message) => {
    const { code, stdout, stderr } = await run(['serve', '--port', '0', '--data', data], env)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^ocikit: [^\n]+\n$/)
    expect(stderr).not.toContain('very-secret')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

describeBucket('ocikit serve --data s3://', () => {
  /** Only for tests that run: without a bucket there is nothing to read. */
  const settings = () => {
    const { endpoint, bucket, region = '', prefix, credentials } = bucketOptions()
    const keys = credentials as { accessKeyId: string; secretAccessKey: string }
    const env = {
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: region,
    }
    return { endpoint, bucket, prefix, keys, env }
  }

  test('keeps blobs from one run to the next', async () => {
    const { endpoint, bucket, prefix, keys, env } = settings()
    const body = new Uint8Array(100_000).fill(7)
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
    {
      await using server = await start(['--data', `s3://${bucket}/${prefix}?endpoint=${endpoint}`], { env })
      const push = await fetch(`${server.url}/v2/a/blobs/uploads/?digest=${digest}`, { method: 'POST', body })
      expect(push.status).toBe(201)
      expect(server.stderr()).toContain(`data: s3://${bucket}/${prefix}`)
      expect(await server.stop()).toBe(0)
      expect(server.stdout() + server.stderr()).not.toContain(keys.secretAccessKey)
    }
    const second = { ...env, AWS_ENDPOINT_URL: endpoint }
    await using server = await start(['--data', `s3://${bucket}/${prefix}`], { env: second })
    const pull = await fetch(`${server.url}/v2/a/blobs/${digest}`)
    expect(pull.status).toBe(200)
    expect(Buffer.compare(Buffer.from(await pull.arrayBuffer()), body)).toBe(0)
  })

  test('a missing bucket, wrong keys and a store that is not there are one line and exit code 2', async () => {
    const { endpoint, bucket, env } = settings()
    const cases: [data: string, env: Record<string, string>, message: RegExp][] = [
      [`s3://no-such-bucket?endpoint=${endpoint}`, env, /the bucket "no-such-bucket" at .* does not exist/],
      [
        `s3://${bucket}?endpoint=${endpoint}`,
        { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' },
        /secret access key/,
      ],
      [`s3://${bucket}?endpoint=http://127.0.0.1:1`, env, /cannot be reached .*: check the endpoint/],
    ]
    for (const [data, variables, message] of cases) {
      const { code, stderr } = await run(['serve', '--port', '0', '--data', data], variables)
      expect(stderr).toMatch(message)
      expect(stderr).toMatch(/^ocikit: [^\n]+\n$/)
      expect(code).toBe(2)
    }
  })
})
