import { describe, expect, test } from 'vitest'
import { createClient } from '../../../adapters/storage/s3/client.ts'
import { type S3Options, s3 } from '../../../adapters/storage/s3/index.ts'
import { settingsOf } from '../../../adapters/storage/s3/options.ts'
import { type Fake, fakeStore, refusal, type Seen } from './fake.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** Lets the first `count` requests fail. */
function failing(fake: Fake, count: number, failure: () => Response | Error): void {
  let left = count
  fake.before = () => (left-- > 0 ? failure() : undefined)
}

const clientOf = (fake: Fake, options: Partial<S3Options> = {}) =>
  createClient(settingsOf({ ...fake.options, ...options }))

describe('a request is sent again', () => {
  test.each([
    ['429', () => refusal(429, 'TooManyRequests')],
    ['500', () => refusal(500, 'InternalError')],
    ['503', () => refusal(503, 'SlowDown')],
    ['502 of a proxy', () => new Response('<html>', { status: 502 })],
    ['400 of a body that came too slowly', () => refusal(400, 'RequestTimeout')],
    ['409 of a condition', () => refusal(409, 'ConditionalRequestConflict')],
    ['a network error', () => new TypeError('fetch failed')],
  ])('after %s', async (_, failure) => {
    const fake = fakeStore()
    failing(fake, 2, failure)
    const before = fake.now
    await clientOf(fake).read({ method: 'PUT', object: 'a', body: bytes('x') })
    expect(fake.objects.get('a')?.bytes).toEqual(bytes('x'))
    expect(fake.requests.length).toBe(3)
    expect(fake.now).toBeGreaterThan(before)
  })

  test('five times at most; then a client may try again later', async () => {
    const fake = fakeStore()
    failing(fake, 99, () => refusal(503, 'SlowDown'))
    const error = await clientOf(fake)
      .read({ method: 'GET' })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', status: 503, headers: { 'Retry-After': '5' } })
    expect((error as Error).cause).toMatchObject({ name: 'S3Error', code: 'SlowDown' })
    expect(fake.requests.length).toBe(5)
  })

  test.each([
    ['a refusal', () => refusal(403, 'AccessDenied'), {}],
    ['a stream, which is gone', () => refusal(503, 'SlowDown'), { body: new Blob(['x']).stream(), size: 1 }],
    ['what may not come late', () => refusal(503, 'SlowDown'), { once: true }],
  ])('but not after %s', async (_, failure, ask) => {
    const fake = fakeStore()
    failing(fake, 1, failure)
    await expect(clientOf(fake).read({ method: 'PUT', object: 'a', ...ask })).rejects.toThrow()
    expect(fake.requests.length).toBe(1)
  })

  test('not when the caller has given up', async () => {
    const fake = fakeStore()
    const controller = new AbortController()
    failing(fake, 9, () => {
      controller.abort(new Error('enough'))
      return new TypeError('fetch failed')
    })
    await expect(clientOf(fake).read({ method: 'GET', signal: controller.signal })).rejects.toThrow('enough')
    expect(fake.requests.length).toBe(1)
  })
})

describe('a store that never answers', () => {
  test('is given up', async () => {
    const fake = fakeStore()
    const hung = (_: string, { signal }: RequestInit) =>
      new Promise<Response>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const asked = clientOf(fake, { fetch: hung, retries: 0 }).read({ method: 'GET', patience: 20 })
    await expect(asked).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: { message: /no answer within 0.02 s/ },
    })
  })
})

describe('credentials', () => {
  const provider = (fake: Fake, life: number) => {
    let asked = 0
    return {
      asked: () => asked,
      credentials: async () => ({
        accessKeyId: `id${++asked}`,
        secretAccessKey: 'secret',
        sessionToken: `token${asked}`,
        expiration: new Date(fake.now + life),
      }),
    }
  }
  const keysOf = (requests: readonly Seen[]) =>
    requests.map(({ headers }) => /Credential=([^/]+)/.exec(headers.get('authorization') ?? '')?.[1])

  test('are asked for once, and again 5 minutes before they end', async () => {
    const fake = fakeStore()
    const { asked, credentials } = provider(fake, 3_600_000)
    const client = clientOf(fake, { credentials })
    await Promise.all([client.read({ method: 'GET' }), client.read({ method: 'GET' })])
    expect(asked()).toBe(1)
    fake.now += 54 * 60_000
    await client.read({ method: 'GET' })
    fake.now += 2 * 60_000
    await client.read({ method: 'GET' })
    expect(keysOf(fake.requests)).toEqual(['id1', 'id1', 'id1', 'id2'])
    expect(fake.requests.at(-1)?.headers.get('x-amz-security-token')).toBe('token2')
  })

  test('that the store calls expired are renewed once', async () => {
    const fake = fakeStore()
    const { asked, credentials } = provider(fake, 3_600_000)
    failing(fake, 1, () => refusal(400, 'ExpiredToken'))
    await clientOf(fake, { credentials }).read({ method: 'GET' })
    expect(keysOf(fake.requests)).toEqual(['id1', 'id2'])
    failing(fake, 9, () => refusal(400, 'ExpiredToken'))
    await expect(clientOf(fake, { credentials }).read({ method: 'GET' })).rejects.toThrow(
      'get new credentials',
    )
    expect(asked()).toBe(4)
  })

  test('that cannot be renewed are used until they end', async () => {
    const fake = fakeStore()
    const { credentials } = provider(fake, 600_000)
    let gone = false
    const flaky = async () => {
      if (gone) throw new Error('no metadata service')
      return credentials()
    }
    const client = clientOf(fake, { credentials: flaky })
    await client.read({ method: 'GET' })
    gone = true
    fake.now += 400_000
    await client.read({ method: 'GET' })
    fake.now += 300_000
    await expect(client.read({ method: 'GET' })).rejects.toThrow('no metadata service')
  })
})

describe('addresses', () => {
  const addressOf = async (options: Partial<S3Options>) => {
    const urls: string[] = []
    const fetch = async (url: string) => {
      urls.push(url)
      return new Response('')
    }
    const { endpoint: _, ...rest } = fakeStore().options
    await createClient(settingsOf({ ...rest, ...options, fetch })).read({ method: 'GET', object: "a/b (!'" })
    return urls[0]
  }
  test.each([
    [{}, "https://images.s3.us-east-1.amazonaws.com/a/b%20(!'"],
    [{ region: 'eu-west-1', pathStyle: true }, "https://s3.eu-west-1.amazonaws.com/images/a/b%20(!'"],
    [{ bucket: 'my.images' }, "https://s3.us-east-1.amazonaws.com/my.images/a/b%20(!'"],
    [{ endpoint: 'http://127.0.0.1:9000' }, "http://127.0.0.1:9000/images/a/b%20(!'"],
    [{ endpoint: 'https://a.example/s3/' }, "https://a.example/s3/images/a/b%20(!'"],
    [{ endpoint: 'https://a.example', pathStyle: false }, "https://images.a.example/a/b%20(!'"],
  ])('%j', async (options, address) => expect(await addressOf(options)).toBe(address))

  test.each([
    [{ bucket: 'a/b' }, 'not the name of a bucket'],
    [{ bucket: '' }, 'not the name of a bucket'],
    [{ endpoint: 'minio:9000' }, 'endpoint must be a URL'],
    [{ endpoint: 'https://user:pass@a.example' }, 'endpoint must be a URL'],
    [{ prefix: '../x' }, 'prefix must be'],
    [{ prefix: 'a//b' }, 'prefix must be'],
    [{ region: 'a b' }, 'not a region'],
  ])('%j cannot be', async (options, message) => {
    await expect(s3({ ...fakeStore().options, ...options })).rejects.toThrow(message)
  })
})

describe('what a refusal says', () => {
  const messageOf = async (failure: () => Response | Error) => {
    const fake = fakeStore()
    failing(fake, 99, failure)
    const error = await s3(fake.options).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'S3Error' })
    const { message } = error as Error
    expect(message).not.toContain('very-secret')
    expect(message).not.toMatch(/[\n\r]/)
    return message
  }
  test.each([
    [404, 'NoSuchBucket', 'the bucket "images" at http://s3.test does not exist'],
    [403, 'AccessDenied', 'access to the bucket "images" at http://s3.test is denied (AccessDenied)'],
    [403, 'InvalidAccessKeyId', 'the access key id is not known'],
    [403, 'SignatureDoesNotMatch', 'check the secret access key and the region'],
    [403, 'RequestTimeTooSkewed', 'set the clock'],
    [400, 'AuthorizationHeaderMalformed', 'correct the region'],
    [301, 'PermanentRedirect', 'correct the region'],
    [400, 'Odd', 'answered 400 Odd to GET: no'],
    [503, 'SlowDown', 'answered 503 SlowDown to GET: no'],
  ])('%i %s', async (status, code, text) => {
    expect(await messageOf(() => refusal(status, code))).toContain(text)
  })
  test('no answer', async () => {
    const text = 'S3 at http://s3.test cannot be reached (GET: connect ECONNREFUSED): check the endpoint'
    const failure = () => new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })
    expect(await messageOf(failure)).toContain(text)
  })
})

test('a presigned URL names the file, holds the session token and needs no header', async () => {
  const fake = fakeStore()
  const credentials = { accessKeyId: 'id', secretAccessKey: 'very-secret', sessionToken: 'token' }
  const { contents } = await s3({ ...fake.options, credentials })
  const url = new URL(await contents.url!('content/x', { seconds: 90, filename: 'Ä "1".tar' }))
  expect(url.origin + url.pathname).toBe('http://s3.test/images/content/x')
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    'X-Amz-Expires': '90',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Security-Token': 'token',
    'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    'response-content-disposition': `attachment; filename="___1_.tar"; filename*=UTF-8''%C3%84%20%221%22.tar`,
  })
  expect(new URL(await contents.url!('content/x', { seconds: 1e9 })).searchParams.get('X-Amz-Expires')).toBe(
    '604800',
  )
})
