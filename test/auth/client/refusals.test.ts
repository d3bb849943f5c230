/** What a token service gives beside tokens: refresh tokens to keep, and reasons for a refusal. */

import { expect, test } from 'vitest'
import { digestOf, failureOf, refusal, reply, type Sent, wired } from '../../client/wire.ts'

const DIGEST = digestOf('x')
const ANN = { username: 'ann', password: 'secret' }

/** A registry that takes every token of its service. */
async function service({ url, headers }: Sent): Promise<Response> {
  if (url.host === 'auth.test') return Response.json({ access_token: 'token' })
  if (headers.get('authorization') === 'Bearer token') return reply(200, { 'content-length': '1' })
  return refusal(401, 'UNAUTHORIZED', '', { 'www-authenticate': 'Bearer realm="https://auth.test/token"' })
}

test('whoever keeps refresh tokens has services asked for them, but not without a password', async () => {
  const kept: string[] = []
  const withRefresh = async (sent: Sent): Promise<Response> => {
    const given = await service(sent)
    if (sent.url.host !== 'auth.test') return given
    return Response.json({ ...((await given.json()) as object), refresh_token: 'refresh' })
  }
  const onRefreshToken = (token: string) => void kept.push(token)
  const { client, sent } = wired(withRefresh, { credentials: ANN, onRefreshToken })
  await client.resolveBlob('a', DIGEST)
  expect(sent[1]!.url.searchParams.get('offline_token')).toBe('true')
  expect(sent[1]!.url.searchParams.get('client_id')).toBe('ocikit')
  expect(kept).toEqual(['refresh'])
  const nobody = wired(service, { onRefreshToken })
  await nobody.client.resolveBlob('a', DIGEST)
  expect(nobody.sent[1]!.url.searchParams.has('offline_token')).toBe(false)
})

test.each([
  [{ errors: [{ code: 'UNAUTHORIZED', message: 'wrong\nname\u001b[2J' }] }, ': wrong name [2J'],
  [{ error: 'invalid_grant', error_description: 'it has ended' }, ': it has ended'],
  [{ details: 'incorrect username or password' }, ': incorrect username or password'],
  [{ details: 'the password secret is wrong' }, ''],
  // Only a part of it would be shown.
  [{ details: `${'x'.repeat(196)}secret` }, ''],
  [{ message: 5, errors: 'x' }, ''],
  ['nonsense', ''],
])('of a refusal that says %j it is told %j', async (said, told) => {
  const { client } = wired(
    (sent) => (sent.url.host === 'auth.test' ? Response.json(said, { status: 401 }) : service(sent)),
    { credentials: ANN },
  )
  expect((await failureOf(client.resolveBlob('a', DIGEST))).message).toBe(
    `the token service auth.test refused the credentials (status 401)${told}`,
  )
})
