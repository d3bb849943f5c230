/** Credentials that are not found, and tokens that are not given. */

import { expect, test } from 'vitest'
import { digestOf, failureOf, reply, wired } from '../../client/wire.ts'

const DIGEST = digestOf('x')
const found = () => reply(200, { 'content-length': '1' })
const ANN = { username: 'ann', password: 'secret' }

test('a token service that asks to wait too long is not asked again', async () => {
  const { client, sent } = wired(({ url }) =>
    url.host === 'auth.test'
      ? reply(429, { 'retry-after': '3600' })
      : reply(401, { 'www-authenticate': 'Bearer realm="https://auth.test/token"' }),
  )
  expect(await failureOf(client.resolveBlob('a', DIGEST))).toMatchObject({
    code: 'TOOMANYREQUESTS',
    headers: { 'retry-after': '3600' },
  })
  expect(sent.length).toBe(2)
})

test('credentials that cannot be looked up are told, and not tried again', async () => {
  let asked = 0
  const { client, sent } = wired(() => reply(401, { 'www-authenticate': 'Basic realm="x"' }), {
    credentials: () => {
      asked++
      throw new TypeError('config.json is not JSON')
    },
  })
  expect(await failureOf(client.resolveBlob('a', DIGEST))).toMatchObject({
    code: 'UNAUTHORIZED',
    message: 'the credentials could not be looked up: config.json is not JSON',
  })
  expect([asked, sent.length]).toEqual([1, 1])
})

test('who had no credentials may log in later, and who lacks a right as somebody else', async () => {
  const logins = [null, ANN, { username: 'bob', password: 'secret' }]
  const { client } = wired(
    ({ url, headers }) => {
      const shown = headers.get('authorization')
      if (url.host === 'auth.test') return Response.json({ token: shown ? atob(shown.slice(6)) : 'nobody' })
      return shown === 'Bearer bob:secret'
        ? found()
        : reply(401, { 'www-authenticate': 'Bearer realm="https://auth.test/token"' })
    },
    { credentials: () => logins.shift() ?? null },
  )
  for (const _ of [1, 2]) expect((await failureOf(client.resolveBlob('a', DIGEST))).code).toBe('UNAUTHORIZED')
  expect((await client.resolveBlob('a', DIGEST)).size).toBe(1)
})

test('the same where a password is wanted', async () => {
  const logins = [null, ANN]
  const { client } = wired(
    ({ headers }) =>
      headers.has('authorization') ? found() : reply(401, { 'www-authenticate': 'Basic realm="x"' }),
    { credentials: () => logins.shift() ?? null },
  )
  expect((await failureOf(client.resolveBlob('a', DIGEST))).code).toBe('UNAUTHORIZED')
  expect((await client.resolveBlob('a', DIGEST)).size).toBe(1)
})
