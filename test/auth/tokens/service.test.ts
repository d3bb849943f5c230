/** The token service, point by point as distribution's token and oauth2 specifications and their clients want it. */

import { describe, expect, test } from 'vitest'
import { memory } from '../../../src/index.ts'
import { basic, errorIn, send } from '../../server/http.ts'
import { bearer, challengeOf, claimsOf, type TokenBody, world } from './client.ts'

const ANN = basic('ann', 'a:secret')
const BOB = basic('bob', 'b-secret')

describe('the challenge', () => {
  const { kit } = world()

  test('has realm and service everywhere, and no scope on the ping', async () => {
    for (const path of ['/v2/', '/v2'])
      expect(challengeOf(await send(kit, 'GET', path))).toEqual({
        scheme: 'Bearer',
        realm: 'http://registry.test/token',
        service: 'ocikit',
      })
  })

  test.each([
    ['GET', '/v2/a/b/manifests/x', 'repository:a/b:pull'],
    ['HEAD', `/v2/a/b/blobs/sha256:${'0'.repeat(64)}`, 'repository:a/b:pull'],
    ['GET', '/v2/a/b/tags/list', 'repository:a/b:pull'],
    ['POST', '/v2/a/b/blobs/uploads/', 'repository:a/b:pull,push'],
    ['PATCH', '/v2/a/b/blobs/uploads/x', 'repository:a/b:pull,push'],
    ['PUT', '/v2/a/b/manifests/x', 'repository:a/b:pull,push'],
    ['DELETE', '/v2/a/b/blobs/uploads/x', 'repository:a/b:pull,push'],
    ['DELETE', '/v2/a/b/manifests/x', 'repository:a/b:delete'],
    ['GET', '/v2/_catalog', 'registry:catalog:*'],
  ])('%s %s wants %s', async (method, path, scope) => {
    const answer = await send(kit, method, path)
    expect(answer.status).toBe(401)
    expect(challengeOf(answer)).toMatchObject({ scheme: 'Bearer', service: 'ocikit', scope })
    expect(challengeOf(answer)).not.toHaveProperty('error')
  })

  test('says invalid_token of a token that is none, and insufficient_scope of one that grants too little', async () => {
    const { kit, token } = world()
    const wrong = await send(kit, 'GET', '/v2/team/a/manifests/x', { headers: bearer('a.b.c') })
    expect([wrong.status, challengeOf(wrong)['error']]).toEqual([401, 'invalid_token'])
    const little = bearer((await token('scope=repository:team/a:pull', ANN)).token)
    const push = await send(kit, 'POST', '/v2/team/a/blobs/uploads/', { headers: little })
    expect([push.status, challengeOf(push)]).toMatchObject([
      401,
      { error: 'insufficient_scope', scope: 'repository:team/a:pull,push' },
    ])
  })

  test('403 and DENIED only where no token would help', async () => {
    const { kit, token } = world()
    const headers = bearer((await token('scope=repository:team/a:pull,push', BOB)).token)
    const push = await send(kit, 'POST', '/v2/team/a/blobs/uploads/', { headers })
    expect([push.status, errorIn(push).code]).toEqual([403, 'DENIED'])
  })
})

describe('GET', () => {
  const it = world()
  const actionsFor = async (query: string, headers = {}) =>
    claimsOf((await it.token(query, headers)).token).access.map(({ name, actions }) => [name, ...actions])

  test('the answer has what clients look for, and may not be kept', async () => {
    const answer = await send(it.kit, 'GET', '/token?service=ocikit', { headers: ANN })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toBe('application/json')
    const body = JSON.parse(answer.text) as TokenBody
    expect(body.access_token).toBe(body.token)
    expect(body.expires_in).toBeGreaterThanOrEqual(60)
    expect(body.issued_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(body).not.toHaveProperty('refresh_token')
  })

  test('the token has the claims of the specification', async () => {
    const { token } = await it.token('scope=repository:team/a:pull', ANN)
    const header = JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString())
    expect(header).toEqual({ typ: 'JWT', alg: 'ES256', kid: expect.any(String) })
    const claims = claimsOf(token)
    expect(claims).toMatchObject({ iss: 'ocikit', sub: 'ann', aud: 'ocikit', jti: expect.any(String) })
    expect(claims['exp']).toBe((claims['iat'] as number) + 300)
    expect(claims.access).toEqual([{ type: 'repository', name: 'team/a', actions: ['pull'] }])
  })

  test('anonymous: without a header, and with the empty pair', async () => {
    for (const headers of [{}, basic('', '')]) {
      const claims = claimsOf((await it.token('scope=repository:public/a:pull,push', headers)).token)
      expect([claims['sub'], claims.access]).toEqual([
        '',
        [{ type: 'repository', name: 'public/a', actions: ['pull'] }],
      ])
    }
  })

  test('wrong credentials are 401 with a Basic challenge', async () => {
    for (const headers of [
      basic('ann', 'wrong'),
      basic('eve', 'a:secret'),
      bearer('a.b.c'),
      { authorization: 'odd' },
    ]) {
      const answer = await send(it.kit, 'GET', '/token?scope=repository:public/a:pull', { headers })
      expect([answer.status, errorIn(answer).code]).toEqual([401, 'UNAUTHORIZED'])
      expect(challengeOf(answer).scheme).toBe('Basic')
    }
  })

  test('right credentials without rights: 200 with a smaller list', async () => {
    expect(await actionsFor('scope=repository:team/a:pull,push', BOB)).toEqual([['team/a', 'pull']])
    expect(await actionsFor('scope=repository:other/a:pull,push', BOB)).toEqual([])
    expect(await actionsFor('scope=registry:catalog:*', BOB)).toEqual([])
    expect(await actionsFor('scope=registry:catalog:*', ANN)).toEqual([['catalog', '*']])
  })

  test('several scopes in both spellings, empty ones, twice the same, actions in any order', async () => {
    const both = [
      ['a', 'pull', 'push'],
      ['b', 'pull'],
    ]
    expect(await actionsFor('scope=repository:a:push,pull&scope=repository:b:pull', ANN)).toEqual(both)
    expect(await actionsFor('scope=repository:a:push,pull%20repository:b:pull&scope=', ANN)).toEqual(both)
    expect(
      await actionsFor('scope=repository:a:pull&scope=repository:b:pull&scope=repository:a:push,push', ANN),
    ).toEqual(both)
  })

  test('what nobody knows is left out, a class is ignored, a star is all', async () => {
    expect(await actionsFor('scope=repository:a:pull,fly&scope=cloud:a:pull&scope=repository', ANN)).toEqual([
      ['a', 'pull'],
    ])
    expect(await actionsFor('scope=repository(plugin):a:pull', ANN)).toEqual([['a', 'pull']])
    expect(await actionsFor('scope=repository:a:*', ANN)).toEqual([['a', 'pull', 'push', 'delete', '*']])
    expect(await actionsFor('scope=repository:team/a:*', BOB)).toEqual([['team/a', 'pull']])
    expect(await actionsFor('scope=repository:localhost:5000/a:pull', ANN)).toEqual([])
  })

  test('another service is refused, none is ours', async () => {
    const answer = await send(it.kit, 'GET', '/token?service=other', { headers: ANN })
    expect(answer.status).toBe(400)
  })

  test('a refresh token only for those who log in and ask for it', async () => {
    expect(await it.token('offline_token=true')).not.toHaveProperty('refresh_token')
    expect(await it.token('', ANN)).not.toHaveProperty('refresh_token')
    expect((await it.token('offline_token=true', ANN)).refresh_token).toMatch(/^ocr_[0-9a-f]{32}_[\w-]{43}$/)
  })
})

describe('POST', () => {
  const it = world()
  const body = async (fields: Record<string, string>) => {
    const answer = await it.post(fields)
    expect(answer.status, answer.text).toBe(200)
    return JSON.parse(answer.text) as TokenBody
  }

  test('by password, with the scope that was granted', async () => {
    const got = await body({
      grant_type: 'password',
      username: 'ann',
      password: 'a:secret',
      client_id: 'containerd-client',
      service: 'ocikit',
      scope: 'repository:a:pull,push repository:b:pull',
    })
    expect(got).toMatchObject({ scope: 'repository:a:pull,push repository:b:pull', token: got.access_token })
    expect(got).not.toHaveProperty('refresh_token')
    const little = await body({
      grant_type: 'password',
      username: 'bob',
      password: 'b-secret',
      scope: 'repository:a:pull',
    })
    expect(little.scope).toBe('')
  })

  test('by refresh token: for its subject, again and again, after a restart and on another replica', async () => {
    const storage = memory()
    const first = world({ storage })
    const { refresh_token: refresh = '' } = await first.token('offline_token=true', BOB)
    for (const each of [first, first, world({ storage })]) {
      const answer = await each.post({
        grant_type: 'refresh_token',
        refresh_token: refresh,
        access_type: 'offline',
        scope: 'repository:bob/x:push',
      })
      const { token, ...rest } = JSON.parse(answer.text) as TokenBody
      // It would be a login without an end.
      expect(rest).not.toHaveProperty('refresh_token')
      expect(claimsOf(token)).toMatchObject({ sub: 'bob', access: [{ name: 'bob/x', actions: ['push'] }] })
      expect(
        (await send(first.kit, 'POST', '/v2/bob/x/blobs/uploads/', { headers: bearer(token) })).status,
      ).toBe(202)
    }
  })

  test('offline access gives a refresh token', async () => {
    const got = await body({
      grant_type: 'password',
      username: 'ann',
      password: 'a:secret',
      access_type: 'offline',
    })
    expect(got.refresh_token).toMatch(/^ocr_/)
  })

  test.each([
    [401, { grant_type: 'password', username: 'ann', password: 'wrong' }],
    [401, { grant_type: 'password', username: '', password: 'x' }],
    [401, { grant_type: 'refresh_token', refresh_token: '' }],
    [401, { grant_type: 'refresh_token', refresh_token: `ocr_${'0'.repeat(32)}_${'A'.repeat(43)}` }],
    [400, { grant_type: 'authorization_code' }],
    [400, { username: 'ann', password: 'a:secret' }],
    [400, { grant_type: 'password', username: 'a:b', password: 'x' }],
  ])('%i for %o', async (status, fields) => {
    const answer = await it.post(fields as unknown as Record<string, string>)
    expect(answer.status).toBe(status)
    expect(answer.text).not.toMatch(/a:secret|wrong"|ocr_/)
  })

  test('400 for what is no form, and for one that is too long; 405 for other methods', async () => {
    const json = { headers: { 'content-type': 'application/json' }, body: '{}' }
    expect((await send(it.kit, 'POST', '/token', json)).status).toBe(400)
    expect((await it.post({ grant_type: 'x'.repeat(40_000) })).status).toBe(400)
    const put = await send(it.kit, 'PUT', '/token')
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST'])
  })
})
