/** What a token and a refresh token are good for, and when they end. */

import { describe, expect, test } from 'vitest'
import { memory } from '../../../src/index.ts'
import { basic, emptyIndex, INDEX, pushBlob, pushIndex, send } from '../../server/http.ts'
import { bearer, world } from './client.ts'

const ANN = basic('ann', 'a:secret')
const BOB = basic('bob', 'b-secret')

describe('refresh tokens', () => {
  const redeem = async (it: ReturnType<typeof world>, refresh: string) =>
    (await it.post({ grant_type: 'refresh_token', refresh_token: refresh })).status

  test('are no credentials for the registry, and are not kept in clear text', async () => {
    const it = world()
    const { refresh_token: refresh = '' } = await it.token('offline_token=true', ANN)
    for (const headers of [bearer(refresh), basic('ann', refresh)])
      expect((await send(it.kit, 'GET', '/v2/', { headers })).status).toBe(401)
    const secret = refresh.slice(-43)
    for await (const { rec } of it.storage.records.list('auth/', { values: true }))
      expect(new TextDecoder().decode(rec!.value)).not.toContain(secret)
  })

  test('end when they are revoked, for that subject only', async () => {
    const it = world()
    const { refresh_token: ann = '' } = await it.token('offline_token=true', ANN)
    const { refresh_token: bob = '' } = await it.token('offline_token=true', BOB)
    expect(await it.auth.revoke('ann')).toBe(1)
    expect([await redeem(it, ann), await redeem(it, bob)]).toEqual([401, 200])
  })

  test('end after their time, and are swept then', async () => {
    const it = world({ refreshLifetime: 1000 })
    const { refresh_token: refresh = '' } = await it.token('offline_token=true', ANN)
    it.pass(2)
    expect(await redeem(it, refresh)).toBe(401)
    const count = async () => {
      let entries = 0
      for await (const _ of it.storage.records.list('auth/refresh/')) entries++
      return entries
    }
    expect(await count()).toBe(1)
    await it.kit.sweep()
    expect(await count()).toBe(0)
  })

  test('are for one service', async () => {
    const storage = memory()
    const { refresh_token: refresh = '' } = await world({ storage }).token('offline_token=true', ANN)
    expect(await redeem(world({ storage, service: 'other' }), refresh)).toBe(401)
  })
})

describe('a token', () => {
  test('logs in: the ping is 200 with one that names no scope', async () => {
    const { kit, token } = world()
    for (const headers of [ANN, {}])
      expect(
        (await send(kit, 'GET', '/v2/', { headers: bearer((await token('', headers)).token) })).status,
      ).toBe(200)
  })

  test('pushes and pulls what it names, and nothing else', async () => {
    const { kit, token } = world()
    const headers = bearer((await token('scope=repository:a:pull,push', ANN)).token)
    await pushBlob(kit, 'a', 'x', { headers })
    expect((await pushIndex(kit, 'a', '1', { headers })).status).toBe(201)
    expect((await send(kit, 'GET', '/v2/a/manifests/1', { headers })).status).toBe(200)
    expect((await send(kit, 'GET', '/v2/b/manifests/1', { headers })).status).toBe(401)
  })

  test('deletes with delete, with the star, and with push if its owner may delete', async () => {
    for (const actions of ['delete', '*', 'push']) {
      const { kit, token } = world()
      expect((await pushIndex(kit, 'bob/a', '1', { headers: BOB })).status).toBe(201)
      const { token: own } = await token(`scope=repository:bob/a:${actions}`, BOB)
      expect((await send(kit, 'DELETE', '/v2/bob/a/manifests/1', { headers: bearer(own) })).status).toBe(202)
    }
    const { kit, token } = world()
    const { token: pull } = await token('scope=repository:bob/a:pull', BOB)
    expect((await send(kit, 'DELETE', '/v2/bob/a/manifests/1', { headers: bearer(pull) })).status).toBe(401)
  })

  test('ends with its owner', async () => {
    const names = new Set(['ann'])
    const login = {
      authenticate: () => ({ name: 'ann' }),
      challenge: () => 'Basic realm="x"',
      lookup: (name: string) => (names.has(name) ? { subject: { name }, stamp: () => '' } : null),
    }
    const { kit, token } = world({ login, authorize: () => 'allow' })
    const headers = bearer((await token('scope=repository:a:pull')).token)
    expect((await send(kit, 'GET', '/v2/a/tags/list', { headers })).status).toBe(404)
    names.delete('ann')
    expect((await send(kit, 'GET', '/v2/a/tags/list', { headers })).status).toBe(401)
  })

  test('expires, with the leeway that clocks need, also where it was seen before', async () => {
    const it = world()
    const headers = bearer((await it.token('scope=repository:a:pull', ANN)).token)
    const status = async () => (await send(it.kit, 'GET', '/v2/a/tags/list', { headers })).status
    expect(await status()).toBe(404)
    it.pass(330)
    expect(await status()).toBe(404)
    it.pass(31)
    expect(await status()).toBe(401)
  })

  test('an upload that it began goes on after its end, and nothing else does', async () => {
    const it = world()
    const headers = bearer((await it.token('scope=repository:a:pull,push', ANN)).token)
    const started = await send(it.kit, 'POST', '/v2/a/blobs/uploads/', { headers })
    const other = await send(it.kit, 'POST', '/v2/a/blobs/uploads/', { headers })
    it.pass(3600)
    const location = started.headers.get('location')!
    const patch = await send(it.kit, 'PATCH', location, { headers, body: 'x' })
    expect(patch.status).toBe(202)
    const digest = 'sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'
    const next = `${patch.headers.get('location')}?digest=${digest}`
    expect((await send(it.kit, 'PUT', next, { headers })).status).toBe(201)
    expect((await send(it.kit, 'GET', `/v2/a/blobs/${digest}`, { headers })).status).toBe(401)
    expect((await send(it.kit, 'POST', '/v2/a/blobs/uploads/', { headers })).status).toBe(401)
    const put = { headers: { ...headers, 'content-type': INDEX }, body: emptyIndex() }
    expect((await send(it.kit, 'PUT', '/v2/a/manifests/1', put)).status).toBe(401)
    // Another repository, and another subject, have no part in it.
    const elsewhere = location.replace('/v2/a/', '/v2/b/')
    expect((await send(it.kit, 'PATCH', elsewhere, { headers, body: 'x' })).status).toBe(401)
    it.pass(86_400)
    expect((await send(it.kit, 'PATCH', other.headers.get('location')!, { headers, body: 'x' })).status).toBe(
      401,
    )
  })
})
