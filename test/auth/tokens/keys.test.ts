import { createRemoteJWKSet, customFetch, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { memory } from '../../../src/index.ts'
import { basic, send } from '../../server/http.ts'
import { bearer, LOGIN, world } from './client.ts'

const ANN = basic('ann', 'a:secret')
const DAY = 86_400

describe('the keys of a token service', () => {
  test('are published without their private halves, for others to check tokens with', async () => {
    const it = world()
    const { token } = await it.token('', ANN)
    const answer = await send(it.kit, 'GET', '/token/keys')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(answer.text).not.toMatch(/"d"|"p"|"k"/)
    const keys = createRemoteJWKSet(new URL('http://registry.test/token/keys'), {
      [customFetch]: (url, init) => it.kit.fetch(new Request(url, init as RequestInit)),
    })
    const { payload } = await jwtVerify(token, keys, { issuer: 'ocikit', audience: 'ocikit' })
    expect(payload.sub).toBe('ann')
    expect((await send(it.kit, 'POST', '/token/keys')).status).toBe(405)
    expect((await send(it.kit, 'GET', '/token/other')).status).toBe(404)
  })

  test('are the same after a restart and on every replica, also when they begin at once', async () => {
    const storage = memory()
    const replicas = [world({ storage }), world({ storage }), world({ storage })]
    const tokens = await Promise.all(replicas.map((each) => each.token('', ANN)))
    for (const { token } of tokens)
      for (const replica of [...replicas, world({ storage })])
        expect((await send(replica.kit, 'GET', '/v2/', { headers: bearer(token) })).status).toBe(200)
    expect((await replicas[0]!.auth.keySet()).keys.length).toBe(1)
  })

  test('are made anew after 30 days; tokens of the old one are taken while they live', async () => {
    const it = world()
    const kids = async () => (await it.auth.keySet()).keys.map(({ kid }) => kid)
    await it.token('', ANN)
    const [first] = await kids()
    it.pass(30 * DAY + 1)
    const [second, old] = await kids()
    expect(old).toBe(first)
    expect(second).not.toBe(first)
    // Not before others may have heard of it.
    const kidOf = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid as string
    const { token } = await it.token('', ANN)
    expect(kidOf(token)).toBe(first)
    it.pass(301)
    expect(kidOf((await it.token('', ANN)).token)).toBe(second)
    expect((await send(it.kit, 'GET', '/v2/', { headers: bearer(token) })).status).toBe(200)
    it.pass(31 * DAY)
    expect(await kids()).not.toContain(first)
  })

  test('a replica that has not heard of a new key looks for it', async () => {
    const storage = memory()
    const start = Date.now()
    const [one, two] = [world({ storage, start }), world({ storage, start })]
    await one.token('', ANN)
    await two.token('', ANN)
    await one.auth.rotate({ drop: true })
    two.pass(2)
    const { token } = await one.token('', ANN)
    expect((await send(two.kit, 'GET', '/v2/', { headers: bearer(token) })).status).toBe(200)
  })

  test('may be given instead: then no storage is needed, and there are no refresh tokens', async () => {
    for (const alg of ['ES256', 'EdDSA', 'RS256']) {
      const { privateKey } = await generateKeyPair(alg, { extractable: true })
      const jwk = { ...(await exportJWK(privateKey)), alg }
      const it = world({ signingKeys: [jwk] })
      const body = await it.token('offline_token=true', ANN)
      expect((await send(it.kit, 'GET', '/v2/', { headers: bearer(body.token) })).status).toBe(200)
      expect(JSON.stringify(await it.auth.keySet())).not.toContain('"d"')
      await expect(it.auth.rotate()).rejects.toThrow(TypeError)
    }
  })

  test('a service without keys or with a public one cannot be', async () => {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true })
    const half = await exportJWK(publicKey)
    expect(() => world({ signingKeys: [half] })).toThrow(TypeError)
    expect(() => world({ signingKeys: [{ kty: 'oct', k: 'AA', d: 'AA', alg: 'HS256' }] })).toThrow(TypeError)
    expect(() => world({ signingKeys: [] })).toThrow(TypeError)
    expect(() => world({ lifetime: 59 })).toThrow(TypeError)
    expect(LOGIN.lookup).toBeDefined()
  })
})

describe('where the service is', () => {
  const realmOf = async (
    options: object,
    url: string,
    headers: Record<string, string> = {},
    address?: string,
  ) => {
    const { kit } = world({}, options)
    const response = await kit.fetch(
      new Request(url, { headers }),
      undefined,
      address === undefined ? {} : { address },
    )
    return /realm="([^"]*)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1]
  }

  test('at the host that the client called, or at the public URL, under the path of your choice', async () => {
    expect(await realmOf({}, 'https://r.example:8443/v2/')).toBe('https://r.example:8443/token')
    expect(await realmOf({ publicUrl: 'https://r.example' }, 'http://10.0.0.1/v2/')).toBe(
      'https://r.example/token',
    )
    expect(await realmOf({ tokenPath: '/auth/v1/token' }, 'http://r/v2/')).toBe('http://r/auth/v1/token')
    expect(await realmOf({ basePath: '/oci' }, 'http://r/oci/v2/')).toBe('http://r/oci/token')
    const { kit } = world({}, { tokenPath: '/auth/v1/token', basePath: '/oci' })
    expect((await send(kit, 'GET', '/oci/auth/v1/token')).status).toBe(200)
    expect((await send(kit, 'GET', '/oci/auth/v1/token/keys')).status).toBe(200)
    expect((await send(kit, 'GET', '/token')).status).toBe(404)
  })

  test('forwarded headers from strangers count for nothing', async () => {
    const headers = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'r.example',
      forwarded: 'proto=https;host=r.example',
    }
    expect(await realmOf({}, 'http://in/v2/', headers, '10.0.0.1')).toBe('http://in/token')
    const trusted = { trustProxy: ['10.0.0.0/8', 'fd00::/8'] }
    expect(await realmOf(trusted, 'http://in/v2/', headers, '10.9.9.9')).toBe('https://r.example/token')
    expect(await realmOf(trusted, 'http://in/v2/', headers, 'fd00::1')).toBe('https://r.example/token')
    expect(await realmOf(trusted, 'http://in/v2/', headers, '11.0.0.1')).toBe('http://in/token')
    expect(await realmOf(trusted, 'http://in/v2/', headers)).toBe('http://in/token')
    expect(await realmOf({ trustProxy: true }, 'http://in/v2/', headers, '11.0.0.1')).toBe(
      'https://r.example/token',
    )
    const odd = { 'x-forwarded-proto': 'gopher', 'x-forwarded-host': 'a"b/c' }
    expect(await realmOf({ trustProxy: true }, 'http://in/v2/', odd, '11.0.0.1')).toBe('http://in/token')
  })

  test('options that make no sense are a TypeError', () => {
    for (const options of [
      { publicUrl: 'r.example' },
      { publicUrl: 'https://r.example/path' },
      { publicUrl: 'https://ann:secret@r.example' },
      { trustProxy: ['proxy.example'] },
      { trustProxy: ['10.0.0.0/33'] },
      { tokenPath: 'token' },
      { tokenPath: '/v2/token' },
      { tokenPath: '/a b' },
    ])
      expect(() => world({}, options), JSON.stringify(options)).toThrow(TypeError)
  })
})
