/** Too many requests: whom they count for, and what the client is told. */

import { expect, test } from 'vitest'
import { memory, ocikit, open, type RateLimiter, tokenBucket, users } from '../../src/index.ts'
import { basic, errorIn, HOST, request, send } from '../server/http.ts'

const CATALOG = '/v2/_catalog'

test('a bucket lets a burst through, fills evenly, and tells how long to wait', async () => {
  let time = 0
  const limiter = tokenBucket({ requests: 10, per: 10_000, burst: 2, now: () => time })
  const take = () => limiter.take('a', {} as never)
  expect([take(), take(), take(), take()]).toEqual([0, 0, 1, 1])
  time += 999
  expect(take()).toBe(1)
  time += 1
  expect([take(), take()]).toEqual([0, 1])
  time += 1_000_000
  expect([take(), take(), take()]).toEqual([0, 0, 1])
})

test('whole times are told: what is refused costs nothing', () => {
  let time = 0
  const limiter = tokenBucket({ requests: 1, per: 60_000, now: () => time })
  const take = () => limiter.take('a', {} as never)
  expect(take()).toBe(0)
  for (let i = 0; i < 100; i++) expect(take()).toBe(60)
  time = 59_001
  expect(take()).toBe(1)
  time = 60_000
  expect(take()).toBe(0)
})

test('it remembers so many callers, and forgets the one that was quiet for longest', () => {
  const limiter = tokenBucket({ requests: 1, per: 60_000, most: 2, now: () => 0 })
  const take = (key: string) => limiter.take(key, {} as never)
  expect([take('a'), take('b'), take('a'), take('c')]).toEqual([0, 0, 60, 0])
  expect(take('a')).toBe(60)
  expect(take('b')).toBe(0)
})

test.each([
  { requests: 0 },
  { requests: Number.NaN },
  { requests: 1, per: -1 },
  { requests: 1, burst: 0 },
  { requests: 1, most: 0 },
])('a limit that is none is refused: %o', (options) => {
  expect(() => tokenBucket(options)).toThrow(TypeError)
})

test('429 with Retry-After in seconds, as the specification has it; the ping is free', async () => {
  const rateLimit = tokenBucket({ requests: 1, per: 60_000, now: () => 0 })
  const kit = ocikit({ storage: memory(), auth: open(), rateLimit })
  expect((await send(kit, 'GET', CATALOG)).status).toBe(200)
  const refused = await send(kit, 'GET', CATALOG)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('60')
  expect(errorIn(refused)).toMatchObject({
    code: 'TOOMANYREQUESTS',
    message: 'too many requests: try again in 60 seconds',
  })
  for (let i = 0; i < 5; i++) expect((await send(kit, 'GET', '/v2/')).status).toBe(200)
})

test('it counts for the user, wherever he is; for others by address, and wrong passwords with them', async () => {
  const rateLimit = tokenBucket({ requests: 1, per: 60_000, now: () => 0 })
  const auth = users([
    { name: 'ann', password: 'a' },
    { name: 'bob', password: 'b' },
  ])
  const kit = ocikit({ storage: memory(), auth, rateLimit })
  const status = async (address: string, headers: Record<string, string> = {}) =>
    (await kit.fetch(request('GET', CATALOG, { headers }), undefined, { address })).status
  const [ann, bob] = [basic('ann', 'a'), basic('bob', 'b')]
  expect(await status('192.0.2.1', ann)).toBe(200)
  expect(await status('192.0.2.2', ann)).toBe(429)
  expect(await status('192.0.2.1', bob)).toBe(200)
  expect(await status('192.0.2.1', basic('ann', 'wrong'))).toBe(401)
  expect(await status('192.0.2.1', basic('ann', 'other'))).toBe(429)
  expect(await status('192.0.2.1')).toBe(429)
  expect(await status('192.0.2.3')).toBe(401)
  expect(await status('2001:db8::1')).toBe(401)
  expect(await status('2001:db8::ffff')).toBe(429)
  expect(await status('2001:db8:0:1::1')).toBe(401)
})

test('wrong passwords count at the ping, too, so that nobody guesses there', async () => {
  const rateLimit = tokenBucket({ requests: 2, per: 60_000, now: () => 0 })
  const kit = ocikit({ storage: memory(), auth: users([{ name: 'ann', password: 'a' }]), rateLimit })
  const statuses: number[] = []
  for (const password of ['1', '2', '3', 'a']) {
    statuses.push((await send(kit, 'GET', '/v2/', { headers: basic('ann', password) })).status)
  }
  expect(statuses).toEqual([401, 401, 429, 200])
})

test('an address that only the client claims counts for nothing', async () => {
  const rateLimit = tokenBucket({ requests: 1, per: 60_000, now: () => 0 })
  const statuses = async (trustProxy: boolean | string[], clients: string[]) => {
    const kit = ocikit({ storage: memory(), auth: open(), rateLimit, trustProxy })
    const answers: number[] = []
    for (const client of clients) {
      const asked = request('GET', CATALOG, {
        headers: { 'x-forwarded-for': client, forwarded: `for=${client}` },
      })
      answers.push((await kit.fetch(asked, undefined, { address: '198.51.100.7' })).status)
    }
    return answers
  }
  expect(await statuses(false, ['192.0.2.1', '192.0.2.2'])).toEqual([200, 429])
  expect(await statuses(['10.0.0.0/8'], ['192.0.2.3'])).toEqual([429])
  expect(await statuses(true, ['192.0.2.4, 203.0.113.1', '192.0.2.5, 203.0.113.1'])).toEqual([200, 429])
})

test('behind a trusted proxy it counts for the client', async () => {
  const rateLimit = tokenBucket({ requests: 1, per: 60_000, now: () => 0 })
  const kit = ocikit({ storage: memory(), auth: open(), rateLimit, trustProxy: ['10.0.0.0/8'] })
  const status = async (client: string) => {
    const headers = { 'x-forwarded-for': client }
    return (await kit.fetch(request('GET', CATALOG, { headers }), undefined, { address: '10.0.0.1' })).status
  }
  expect([await status('192.0.2.1'), await status('192.0.2.1'), await status('192.0.2.2')]).toEqual([
    200, 429, 200,
  ])
})

test('a limiter of somebody else: its own key, its own count, its own errors', async () => {
  const asked: unknown[] = []
  const rateLimit: RateLimiter = {
    key: ({ action }) => (action.endpoint === 'manifest' ? action.repository! : null),
    async take(key, { action }) {
      asked.push([key, action.method])
      return key === 'full' ? 0.2 : 0
    },
  }
  const kit = ocikit({ storage: memory(), auth: open(), rateLimit })
  expect((await send(kit, 'GET', CATALOG)).status).toBe(200)
  expect((await send(kit, 'GET', '/v2/a/manifests/x')).status).toBe(404)
  const refused = await send(kit, 'HEAD', '/v2/full/manifests/x')
  expect([refused.status, refused.headers.get('retry-after'), refused.text]).toEqual([429, '1', ''])
  expect(asked).toEqual([
    ['a', 'GET'],
    ['full', 'HEAD'],
  ])
})

test('what is refused does not leave its body unread', async () => {
  const rateLimit: RateLimiter = { take: () => 1 }
  const kit = ocikit({ storage: memory(), auth: open(), rateLimit })
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    cancel() {
      cancelled = true
    },
  })
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  expect((await kit.fetch(new Request(`${HOST}/v2/a/blobs/uploads/`, init))).status).toBe(429)
  expect(cancelled).toBe(true)
})
