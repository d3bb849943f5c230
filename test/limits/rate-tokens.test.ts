/** Too many requests to a token service: they count for the address, and for whoever has logged in. */

import { expect, test } from 'vitest'
import { tokenService } from '../../src/auth/tokens/index.ts'
import { memory, ocikit, type RateLimiter, tokenBucket, users } from '../../src/index.ts'
import { basic, errorIn, request } from '../server/http.ts'

const [ANN, BOB] = [basic('ann', 'a'), basic('bob', 'b')]

/** A token service with a limit. */
function world(rateLimit: RateLimiter) {
  const { authorize, ...known } = users([
    { name: 'ann', password: 'a' },
    { name: 'bob', password: 'b' },
  ])
  let logins = 0
  const login = {
    ...known,
    authenticate: (asked: Request) => {
      logins++
      return known.authenticate(asked)
    },
  }
  const storage = memory()
  const auth = tokenService({ login, authorize, records: storage.records })
  const kit = ocikit({ storage, auth, rateLimit })
  const ask = async (address: string, headers: Record<string, string> = {}, path = '/token') => {
    const response = await kit.fetch(request('GET', path, { headers }), undefined, { address })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const post = async (address: string, form: Record<string, string>) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams(form).toString()
    return kit.fetch(request('POST', '/token', { headers, body }), undefined, { address })
  }
  return { ask, post, logins: () => logins }
}

const limitOf = (requests: number) => tokenBucket({ requests, per: 60_000, now: () => 0 })

test('429 with Retry-After, and no password is looked at', async () => {
  const { ask, logins } = world(limitOf(1))
  expect((await ask('192.0.2.1', ANN)).status).toBe(200)
  const refused = await ask('192.0.2.1', BOB)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
  expect(errorIn(refused)).toMatchObject({
    code: 'TOOMANYREQUESTS',
    message: 'too many requests: try again in 60 seconds',
  })
  expect(logins()).toBe(1)
})

test('one name from many addresses is limited by its name, and nobody else with it', async () => {
  const { ask } = world(limitOf(2))
  const statuses: number[] = []
  for (const host of [1, 2, 3]) statuses.push((await ask(`192.0.2.${host}`, ANN)).status)
  expect(statuses).toEqual([200, 200, 429])
  expect((await ask('192.0.2.4', BOB)).status).toBe(200)
  // What the name has spent here it has spent everywhere.
  expect((await ask('192.0.2.5', ANN, '/v2/_catalog')).status).toBe(429)
})

test('many names from one address are limited by the address, right or wrong', async () => {
  const { ask } = world(limitOf(3))
  const statuses: number[] = []
  for (const headers of [ANN, basic('carl', 'guess'), basic('dora', 'guess'), basic('emil', 'guess'), BOB])
    statuses.push((await ask('2001:db8::1', headers)).status)
  expect(statuses).toEqual([200, 401, 401, 429, 429])
  expect((await ask('2001:db8::2')).status).toBe(429)
  expect((await ask('2001:db8:0:1::1', BOB)).status).toBe(200)
})

test('so are callers without a name, and those who want the keys; each counts once', async () => {
  const { ask } = world(limitOf(2))
  expect((await ask('192.0.2.1')).status).toBe(200)
  expect((await ask('192.0.2.1', {}, '/token/keys')).status).toBe(200)
  expect((await ask('192.0.2.1', {}, '/token/keys')).status).toBe(429)
})

test('forms count as well: with a password, and with a refresh token, which is good for later', async () => {
  const { post } = world(limitOf(2))
  const password = { grant_type: 'password', service: 'ocikit', username: 'ann', password: 'a' }
  const first = await post('192.0.2.1', { ...password, access_type: 'offline' })
  expect(first.status).toBe(200)
  const { refresh_token } = (await first.json()) as { refresh_token: string }
  const refresh = { grant_type: 'refresh_token', service: 'ocikit', refresh_token }
  expect((await post('192.0.2.2', refresh)).status).toBe(200)
  expect((await post('192.0.2.3', refresh)).status).toBe(429)
})

test('a limiter of somebody else tells them from others, and counts nobody twice', async () => {
  const taken: string[] = []
  const { ask } = world({
    key: ({ action, client, subject }) =>
      action.endpoint === 'token' ? `${client?.address} ${subject?.name === 'ann' ? 'team' : ''}` : null,
    take: (key) => {
      taken.push(key)
      return 0
    },
  })
  for (const headers of [ANN, BOB]) expect((await ask('192.0.2.1', headers)).status).toBe(200)
  expect((await ask('192.0.2.1', {}, '/v2/_catalog')).status).toBe(401)
  expect(taken).toEqual(['192.0.2.1 ', '192.0.2.1 team', '192.0.2.1 '])
})
