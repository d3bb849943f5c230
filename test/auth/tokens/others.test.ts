/** Tokens of others: of a token service elsewhere, and the identities of CI jobs. */

import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { bearer as bearerAuth, oidc } from '../../../src/auth/tokens/index.ts'
import { type Auth, firstOf, memory, ocikit, policy, users } from '../../../src/index.ts'
import { basic, pushIndex, send } from '../../server/http.ts'
import { bearer, challengeOf, world } from './client.ts'

const ANN = basic('ann', 'a:secret')

describe('bearer(): tokens of a service elsewhere', () => {
  /** Our own service plays the one elsewhere; the registry knows only its published keys. */
  async function pair(authorize?: Auth['authorize']) {
    const service = world({ ...(authorize && { authorize }) })
    await service.token('', ANN)
    const fetched: string[] = []
    const auth = bearerAuth({
      realm: 'https://auth.example/token',
      service: 'ocikit',
      issuer: 'ocikit',
      keys: new URL('http://registry.test/token/keys'),
      fetch: async (url, init) => {
        fetched.push(String(url))
        return service.kit.fetch(new Request(url as string, init))
      },
    })
    return { service, fetched, kit: ocikit({ storage: memory(), auth }) }
  }

  test('believes what they grant, and asks for the keys once', async () => {
    const { service, kit, fetched } = await pair()
    const headers = bearer((await service.token('scope=repository:a:pull,push', ANN)).token)
    expect((await pushIndex(kit, 'a', '1', { headers })).status).toBe(201)
    expect((await send(kit, 'GET', '/v2/a/manifests/1', { headers })).status).toBe(200)
    expect((await send(kit, 'GET', '/v2/', { headers })).status).toBe(200)
    const little = await send(kit, 'DELETE', '/v2/a/manifests/1', { headers })
    expect([little.status, challengeOf(little)]).toEqual([
      401,
      {
        scheme: 'Bearer',
        realm: 'https://auth.example/token',
        service: 'ocikit',
        scope: 'repository:a:delete',
        error: 'insufficient_scope',
      },
    ])
    expect(fetched).toEqual(['http://registry.test/token/keys'])
  })

  test('takes those of nobody for what they grant', async () => {
    const { service, kit } = await pair((_access, { subject }) => (subject ? 'allow' : 'deny'))
    expect((await send(kit, 'GET', '/v2/public/a/tags/list')).status).toBe(401)
    const shared = await pair()
    const headers = bearer((await shared.service.token('scope=repository:public/a:pull')).token)
    expect((await send(shared.kit, 'GET', '/v2/public/a/tags/list', { headers })).status).toBe(404)
    expect((await send(shared.kit, 'POST', '/v2/public/a/blobs/uploads/', { headers })).status).toBe(401)
    expect(
      (await send(kit, 'GET', '/v2/', { headers: bearer((await service.token('')).token) })).status,
    ).toBe(200)
  })

  test('keys that cannot be had are 503, and neither 500 nor a way in', async () => {
    const auth = bearerAuth({
      realm: 'https://auth.example/token',
      service: 'ocikit',
      issuer: 'ocikit',
      keys: new URL('https://auth.example/keys'),
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    })
    const { token } = await world().token('', ANN)
    const answer = await send(ocikit({ storage: memory(), auth }), 'GET', '/v2/', { headers: bearer(token) })
    expect(answer.status).toBe(503)
  })

  test('takes no Basic, and no algorithm that one key both makes and checks', async () => {
    const { kit } = await pair()
    expect((await send(kit, 'GET', '/v2/', { headers: ANN })).status).toBe(401)
    const options = { realm: 'x', service: 'x', issuer: 'x', keys: { keys: [] } }
    for (const missing of [{ service: '' }, { issuer: '' }])
      expect(() => bearerAuth({ ...options, ...missing })).toThrow(TypeError)
    for (const algorithms of [['HS256'], ['none'], [], ['ES256', 'HS512']])
      expect(() => bearerAuth({ ...options, algorithms })).toThrow(TypeError)
  })
})

const ISSUER = 'https://ci.example'
const JOB = { repository: 'me/app', ref: 'refs/heads/main', run_attempt: 2 }

describe('oidc(): identities of CI jobs', () => {
  async function ci() {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: '1', alg: 'RS256' }] }
    const fetched: string[] = []
    const login = oidc({
      issuer: ISSUER,
      audience: 'registry.example',
      rules: [
        { claims: { repository: 'me/app', ref: 'refs/heads/*' }, subject: 'ci:{repository}', groups: ['ci'] },
        { claims: { repository: 'me/**' }, subject: 'ci:other' },
      ],
      fetch: async (url) => {
        fetched.push(String(url))
        const isConfiguration = String(url).endsWith('/.well-known/openid-configuration')
        return Response.json(isConfiguration ? { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` } : keys)
      },
    })
    const sign = (claims: JWTPayload, { aud = 'registry.example', iss = ISSUER } = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: '1' })
        .setIssuer(iss)
        .setAudience(aud)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey)
    return { login, sign, fetched }
  }

  test('many at once ask for the configuration and the keys once', async () => {
    const { login, sign, fetched } = await ci()
    const kit = ocikit({ storage: memory(), auth: { ...login, authorize: () => 'allow' } })
    const jobs = await Promise.all(Array.from({ length: 5 }, () => sign(JOB)))
    const answers = await Promise.all(jobs.map((job) => send(kit, 'GET', '/v2/', { headers: bearer(job) })))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(fetched.length).toBe(2)
  })

  const rules = policy({
    rules: [
      { who: 'group:ci', repositories: 'me/app', allow: 'read-write' },
      { who: 'user:ci:other', repositories: 'me/**', allow: 'read' },
    ],
  })

  test('the first rule that fits says who it is, by Basic under any name or as a bearer token', async () => {
    const { login, sign, fetched } = await ci()
    const kit = ocikit({ storage: memory(), auth: { ...login, authorize: rules } })
    const job = await sign(JOB)
    for (const headers of [basic('ci', job), bearer(job)]) {
      expect((await pushIndex(kit, 'me/app', '1', { headers })).status).toBe(201)
      expect((await pushIndex(kit, 'me/other', '1', { headers })).status).toBe(403)
    }
    const other = basic('ci', await sign({ ...JOB, ref: 'refs/tags/v1' }))
    expect((await send(kit, 'GET', '/v2/me/app/manifests/1', { headers: other })).status).toBe(200)
    expect((await pushIndex(kit, 'me/app', '2', { headers: other })).status).toBe(403)
    expect(fetched).toEqual([`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/jwks`])
  })

  test('whoever fits no rule, is for another audience or of another issuer is refused', async () => {
    const { login, sign } = await ci()
    const kit = ocikit({ storage: memory(), auth: { ...login, authorize: rules } })
    for (const token of [
      await sign({ ...JOB, repository: 'you/app' }),
      await sign({ ...JOB, repository: ['me/app'] }),
      await sign({}),
      await sign(JOB, { aud: 'other.example' }),
      await sign(JOB, { iss: 'https://ci.evil' }),
      await (await ci()).sign(JOB),
      'secret',
    ])
      expect((await send(kit, 'GET', '/v2/', { headers: basic('ci', token) })).status).toBe(401)
    expect((await send(kit, 'GET', '/v2/me/app/tags/list')).status).toBe(401)
  })

  test('beside users, behind a token service: whoever is known neither way stays out', async () => {
    const { login, sign } = await ci()
    const both = firstOf(users([{ name: 'ann', password: 'a' }]), login)
    const it = world({ login: both, authorize: rules })
    const { token } = await it.token('scope=repository:me/app:pull,push', basic('ci', await sign(JOB)))
    expect((await pushIndex(it.kit, 'me/app', '1', { headers: bearer(token) })).status).toBe(201)
    // A job ends after minutes; a login would live for months.
    const offline = await it.token('offline_token=true', basic('ci', await sign(JOB)))
    expect(offline).not.toHaveProperty('refresh_token')
    expect((await send(it.kit, 'GET', '/v2/', { headers: basic('ann', 'a') })).status).toBe(200)
    for (const headers of [basic('ann', 'b'), basic('ci', 'x'), bearer('x')])
      expect((await send(it.kit, 'GET', '/v2/', { headers })).status).toBe(401)
  })

  test('a configuration of another issuer, and rules that make no sense', async () => {
    const { sign } = await ci()
    const options = { issuer: ISSUER, audience: 'registry.example' }
    const fetch = async () => Response.json({ issuer: 'https://ci.evil', jwks_uri: 'https://ci.evil/jwks' })
    const login = oidc({ ...options, rules: [{ claims: { repository: '**' }, subject: 'ci' }], fetch })
    const kit = ocikit({ storage: memory(), auth: { ...login, authorize: () => 'allow' } })
    expect((await send(kit, 'GET', '/v2/', { headers: basic('ci', await sign(JOB)) })).status).toBe(503)
    const rules = [{ claims: { ref: '*' }, subject: 'ci' }]
    for (const missing of [{ issuer: '' }, { audience: '' }, { audience: undefined as unknown as string }])
      expect(() => oidc({ ...options, ...missing, rules })).toThrow(TypeError)
    expect(() => oidc({ ...options, rules: [{ claims: {}, subject: 'all' }] })).toThrow('rules[0].claims')
    expect(() => oidc({ ...options, rules: [{ claims: { ref: '*' }, subject: '{repository}' }] })).toThrow(
      '{repository}',
    )
  })
})
