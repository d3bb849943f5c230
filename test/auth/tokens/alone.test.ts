/** A token service without a registry beside it, for one elsewhere that knows only its published keys. */

import { exportJWK, generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { bearer as bearerAuth, tokenService } from '../../../src/auth/tokens/index.ts'
import { defineRegistry, memory, ocikit, policy } from '../../../src/index.ts'
import { basic, pushIndex, send } from '../../server/http.ts'
import { bearer, challengeOf, LOGIN, type TokenBody } from './client.ts'

test('gives out tokens for a registry elsewhere, by a login there, and has no registry itself', async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const service = ocikit({
    registry: defineRegistry({}),
    auth: tokenService({
      login: LOGIN,
      authorize: policy({ rules: [{ who: 'user:ann', repositories: 'team/**', allow: 'read-write' }] }),
      signingKeys: [await exportJWK(privateKey)],
      service: 'registry.example',
      issuer: 'auth.example',
    }),
    tokenPath: '/auth',
  })
  const elsewhere = ocikit({
    storage: memory(),
    auth: bearerAuth({
      realm: 'https://auth.example/auth',
      service: 'registry.example',
      issuer: 'auth.example',
      keys: new URL('https://auth.example/auth/keys'),
      fetch: async (url, init) => service.fetch(new Request(url as string, init)),
    }),
  })
  const challenge = challengeOf(await send(elsewhere, 'POST', '/v2/team/a/blobs/uploads/'))
  expect(challenge).toMatchObject({
    realm: 'https://auth.example/auth',
    scope: 'repository:team/a:pull,push',
  })
  const ask = async (scope: string, headers: Record<string, string>) => {
    const query = new URLSearchParams({ service: challenge['service']!, scope })
    const answer = await send(service, 'GET', `/auth?${query}`, { headers })
    return bearer((JSON.parse(answer.text) as TokenBody).token)
  }
  const ann = basic('ann', 'a:secret')
  const headers = await ask(challenge['scope']!, ann)
  expect((await pushIndex(elsewhere, 'team/a', '1', { headers })).status).toBe(201)
  for (const wrong of [await ask('repository:other:pull,push', ann), await ask(challenge['scope']!, {})])
    expect((await pushIndex(elsewhere, 'team/a', '1', { headers: wrong })).status).toBe(401)
  expect((await send(service, 'GET', '/v2/team/a/tags/list', { headers })).status).toBe(405)
})
