import { describe, expect, test } from 'vitest'
import {
  type ApiKey,
  type Authenticator,
  apiKeys,
  createApiKey,
  firstOf,
  keyStore,
  memory,
  ocikit,
  open,
  policy,
  users,
} from '../../src/index.ts'
import { basic, pushIndex, send } from '../server/http.ts'
import { bearer, world } from './tokens/client.ts'

const serve = (login: Authenticator) =>
  ocikit({
    storage: memory(),
    auth: { ...login, authorize: (_access, { subject }) => (subject ? 'allow' : 'deny') },
  })
const status = async (kit: ReturnType<typeof serve>, headers: Record<string, string>, path = '/v2/') =>
  (await send(kit, 'GET', path, { headers })).status

describe('apiKeys()', () => {
  test('a key is limited to its scopes, whatever its owner may do', async () => {
    const store = keyStore(memory().records)
    const { key } = await store.create({
      name: 'ci',
      subject: 'ann',
      scopes: ['repository:team/*:pull,push', 'registry:catalog:*'],
    })
    const kit = serve(apiKeys(store.find))
    for (const headers of [basic('any', key), bearer(key)]) {
      expect((await pushIndex(kit, 'team/a', '1', { headers })).status).toBe(201)
      expect((await send(kit, 'DELETE', '/v2/team/a/manifests/1', { headers })).status).toBe(403)
      expect((await pushIndex(kit, 'other', '1', { headers })).status).toBe(403)
      expect((await send(kit, 'GET', '/v2/_catalog', { headers })).status).toBe(200)
    }
  })

  test('unknown, expired, revoked and changed keys are refused; they are kept as hashes', async () => {
    let now = 1000
    const { records } = memory()
    const store = keyStore(records, () => now)
    const { key, record } = await store.create({ name: 'ci', subject: 'ann', expires: 2000 })
    const kit = serve(apiKeys(store.find, () => now))
    const other = await createApiKey({ name: 'x', subject: 'ann' })
    expect(await status(kit, basic('a', key))).toBe(200)
    const changed = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`
    for (const wrong of [
      other.key,
      changed,
      key.slice(0, -1),
      `${key}x`,
      key.toUpperCase(),
      record.hash,
      'secret',
      '',
    ])
      expect(await status(kit, basic('a', wrong)), wrong).toBe(401)
    now = 2000
    expect(await status(kit, basic('a', key))).toBe(401)
    now = 1000
    const stored = new TextDecoder().decode((await records.get(`auth/keys/${record.id}`))!.value)
    expect(stored).not.toContain(key.slice(-43))
    const kept = []
    for await (const each of store.list()) kept.push(each)
    expect(kept).toEqual([record])
    expect(await store.revoke(record.id)).toBe(true)
    expect(await store.revoke(record.id)).toBe(false)
    expect(await store.revoke('../signing')).toBe(false)
    expect(await status(kit, basic('a', key))).toBe(401)
  })

  test('a scope that grants nothing, and a key of nobody, cannot be made', async () => {
    for (const scope of [
      'repository:a',
      'repository:a:',
      'repository:a:fly',
      'repository:A:pull',
      'registry:x:*',
      'cloud:a:pull',
      '*',
    ])
      await expect(createApiKey({ name: 'x', subject: 'ann', scopes: [scope] }), scope).rejects.toThrow(
        TypeError,
      )
    await expect(createApiKey({ name: '', subject: 'ann' })).rejects.toThrow(TypeError)
    await expect(createApiKey({ name: 'x', subject: '' })).rejects.toThrow(TypeError)
  })

  test('no scopes at all is a key for everything of its owner, an empty list one for nothing', async () => {
    const made: ApiKey[] = []
    const kit = serve(apiKeys((id) => made.find((each) => each.id === id) ?? null))
    for (const [scopes, expected] of [
      [undefined, 404],
      [[], 403],
    ] as const) {
      const { key, record } = await createApiKey({ name: 'x', subject: 'ann', ...(scopes && { scopes }) })
      made.push(record)
      expect(await status(kit, basic('a', key), '/v2/a/tags/list')).toBe(expected)
    }
  })

  test('behind a token service: no login that outlives the key, its own groups, no names beyond its scopes', async () => {
    const made: ApiKey[] = []
    const key = async (more: { scopes?: string[] }) => {
      const { key, record } = await createApiKey({ name: 'x', subject: 'ann', groups: ['ci'], ...more })
      made.push(record)
      return basic('any', key)
    }
    const login = firstOf(
      users([{ name: 'ann', password: 'a', groups: ['dev'] }]),
      apiKeys((id) => made.find((each) => each.id === id) ?? null),
    )
    const authorize = policy({
      rules: [
        { who: 'group:ci', repositories: 'ci', allow: 'read-write' },
        { who: 'user:ann', allow: 'read' },
        { who: 'user:ann', allow: ['catalog'] },
      ],
    })
    const it = world({ login, authorize })
    const owner = ocikit({ storage: it.storage, auth: open() })
    for (const name of ['ci', 'secret']) await pushIndex(owner, name, '1')

    const whole = await key({})
    expect(await it.token('offline_token=true', whole)).not.toHaveProperty('refresh_token')
    expect(await it.token('offline_token=true', basic('ann', 'a'))).toHaveProperty('refresh_token')
    const push = bearer((await it.token('scope=repository:ci:pull,push', whole)).token)
    expect((await pushIndex(it.kit, 'ci', '2', { headers: push })).status).toBe(201)

    const scopes = ['repository:ci:pull', 'registry:catalog:*']
    const some = await it.token('scope=repository:ci:pull%20registry:catalog:*', await key({ scopes }))
    const catalog = await send(it.kit, 'GET', '/v2/_catalog', { headers: bearer(some.token) })
    expect(JSON.parse(catalog.text)).toEqual({ repositories: ['ci'] })
    const own = await it.token('scope=registry:catalog:*', basic('ann', 'a'))
    const all = await send(it.kit, 'GET', '/v2/_catalog', { headers: bearer(own.token) })
    expect(JSON.parse(all.text)).toEqual({ repositories: ['ci', 'secret'] })
  })
})
