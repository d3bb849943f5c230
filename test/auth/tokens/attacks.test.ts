/** Every way that we know to get what one may not have, each by its name. */

import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { decodeRecord } from '../../../src/auth/records.ts'
import { memory } from '../../../src/index.ts'
import { basic, errorIn, locationOf, send } from '../../server/http.ts'
import { bearer, challengeOf, claimsOf, type World, world } from './client.ts'

const ANN = basic('ann', 'a:secret')
const BOB = basic('bob', 'b-secret')
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A service, its real key, and a token of ann's as others may have seen one. */
async function victim() {
  const it = world()
  const { token } = await it.token('scope=repository:a:pull,push,delete', ANN)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const record = await it.storage.records.get('auth/signing')
  const jwk = decodeRecord<{ keys: { jwk: JWK }[] }>(record!.value).keys[0]!.jwk
  const own = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string; alg: string }
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  /** What the service itself would sign if it were wrong. */
  const sign = async (changes: Record<string, unknown>, head: Partial<JWTHeaderParameters> = {}) => {
    const all = Object.fromEntries(
      Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== undefined),
    )
    return new SignJWT(all).setProtectedHeader({ ...own, ...head }).sign(jwk)
  }
  return { it, token, header, payload, signature, jwk, own, claims, sign }
}

async function expectRefused(it: World, token: string): Promise<void> {
  for (const [method, path] of [
    ['GET', '/v2/'],
    ['GET', '/v2/a/tags/list'],
    ['POST', '/v2/a/blobs/uploads/'],
    ['PATCH', '/v2/a/blobs/uploads/x'],
  ] as const) {
    const answer = await send(it.kit, method, path, { headers: bearer(token) })
    expect([answer.status, challengeOf(answer)['error'], path]).toEqual([401, 'invalid_token', path])
    expect(errorIn(answer).code).toBe('UNAUTHORIZED')
    expect(answer.text).not.toContain(token)
  }
}

describe('a token that nobody gave out is refused:', () => {
  test('the one that was given out is not', async () => {
    const { it, token, sign } = await victim()
    for (const each of [token, await sign({})])
      expect((await send(it.kit, 'GET', '/v2/', { headers: bearer(each) })).status).toBe(200)
  })

  test('alg none, in every spelling, with and without a signature', async () => {
    const { it, own, payload, signature } = await victim()
    for (const alg of ['none', 'None', 'NONE', 'nOnE', ''])
      for (const end of ['', signature])
        await expectRefused(it, `${encode({ ...own, alg })}.${payload}.${end}`)
  })

  test('key confusion: the public key as the secret of an HMAC', async () => {
    const { it, payload, own } = await victim()
    const [published] = (await it.auth.keySet()).keys
    for (const secret of [JSON.stringify(published), published!.x!, own.kid]) {
      const key = new TextEncoder().encode(secret.padEnd(32))
      const forged = await new SignJWT(JSON.parse(Buffer.from(payload, 'base64url').toString()))
        .setProtectedHeader({ ...own, alg: 'HS256' })
        .sign(key)
      await expectRefused(it, forged)
    }
  })

  test('a key of the attacker: foreign kid, no kid, ours, embedded jwk, jku, x5u', async () => {
    const { it, claims, own } = await victim()
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(publicKey)
    const heads: JWTHeaderParameters[] = [
      { ...own, kid: 'mine' },
      { alg: 'ES256' },
      { ...own },
      { ...own, kid: 'mine', jwk },
      { ...own, jwk },
      { ...own, kid: '../../config/keys' },
      { ...own, kid: 'mine', jku: 'http://127.0.0.1:1/keys' },
      { ...own, kid: 'mine', x5u: 'http://127.0.0.1:1/cert' },
    ]
    for (const head of heads)
      await expectRefused(it, await new SignJWT(claims).setProtectedHeader(head).sign(privateKey))
  })

  test('a changed payload, a changed signature, a part too few or too many, critical extensions', async () => {
    const { it, token, header, payload, signature, claims, sign } = await victim()
    const wider = encode({ ...claims, access: [{ type: 'repository', name: 'b', actions: ['*'] }] })
    const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    for (const each of [
      `${header}.${wider}.${signature}`,
      `${header}.${payload}.${other}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${token}.x`,
      '..',
      `${header}..${signature}`,
    ])
      await expectRefused(it, each)
    const head = { crit: ['exp'], exp: 1 } as Partial<JWTHeaderParameters>
    await expectRefused(
      it,
      await sign({}, head).catch(
        () => `${encode({ alg: 'ES256', crit: ['x'], x: 1 })}.${payload}.${signature}`,
      ),
    )
  })

  test.each([
    ['wrong aud', { aud: 'other' }],
    ['no aud', { aud: undefined }],
    ['aud in another case', { aud: 'OCIKIT' }],
    ['no exp', { exp: undefined }],
    ['exp in the past', { exp: 1000 }],
    ['exp that is no number', { exp: '9999999999' }],
    ['nbf in the future', { nbf: Math.floor(Date.now() / 1000) + 3600 }],
    ['no sub', { sub: undefined }],
  ])('%s, under the right signature', async (_, changes) => {
    const { it, sign, claims } = await victim()
    // No signer makes such an exp; what is refused then is the form.
    const token = await sign(changes).catch(
      () => `${encode({ alg: 'ES256' })}.${encode({ ...claims, ...changes })}.AA`,
    )
    await expectRefused(it, token)
  })

  test('another issuer, under the right signature', async () => {
    const { it, sign } = await victim()
    const answer = await send(it.kit, 'GET', '/v2/', { headers: bearer(await sign({ iss: 'other' })) })
    expect(answer.status).toBe(401)
  })

  test('oversized tokens, without a look at them', async () => {
    const { it, sign } = await victim()
    await expectRefused(it, 'x'.repeat(9000))
    await expectRefused(it, await sign({ jti: 'x'.repeat(9000) }))
  })

  test('an access claim of another form grants nothing', async () => {
    const { it, sign } = await victim()
    for (const access of [
      '*',
      {},
      [null],
      [{ type: 'repository', name: 'a', actions: '*' }],
      [{ name: 'a', actions: ['pull'] }],
    ]) {
      const answer = await send(it.kit, 'GET', '/v2/a/tags/list', { headers: bearer(await sign({ access })) })
      expect(answer.status).toBe(401)
    }
  })

  test('a token of another registry with keys of its own', async () => {
    const { it } = await victim()
    await expectRefused(it, (await victim()).token)
  })

  test('one from before its key was taken back', async () => {
    const { it, token } = await victim()
    const replica = world({ storage: it.storage })
    // What was seen before is remembered, but not beyond its key.
    for (const { kit } of [it, replica])
      expect((await send(kit, 'GET', '/v2/', { headers: bearer(token) })).status).toBe(200)
    await it.auth.rotate({ drop: true })
    await expectRefused(it, token)
    await expectRefused(world({ storage: it.storage }), token)
    replica.pass(301)
    await expectRefused(replica, token)
  })
})

describe('scope smuggling', () => {
  const names = [
    'a:pull%20repository:b',
    'A',
    'a%252Fb',
    '..',
    '../b',
    'a/../b',
    '/a',
    'a/',
    'a//b',
    'a%00b',
    'a%0Ab',
    'a%22,error=%22x',
    '*',
    '**',
    'a*',
    'public/../a',
    '%D0%B0',
  ]
  test.each(names)('the name %s gets nothing that was not granted', async (name) => {
    const it = world()
    const { token } = await it.token(`scope=repository:${name}:pull,push`, BOB)
    const { access } = claimsOf(token)
    for (const each of access) expect(each.name).toMatch(/^(public|team|bob)\//)
    for (const path of ['/v2/a/tags/list', '/v2/b/tags/list', '/v2/a/b/tags/list'])
      expect((await send(it.kit, 'GET', path, { headers: bearer(token) })).status).toBeOneOf([401, 403])
  })

  test('a token for one spelling is none for another, in paths either', async () => {
    const it = world()
    const headers = bearer((await it.token('scope=repository:team/a:pull', ANN)).token)
    expect((await send(it.kit, 'GET', '/v2/team%2Fa/tags/list', { headers })).status).toBe(404)
    for (const path of ['/v2/team/a%2F..%2Fb/tags/list', '/v2/TEAM/a/tags/list', '/v2/team/a%20/tags/list'])
      expect((await send(it.kit, 'GET', path, { headers })).status).toBe(400)
    expect((await send(it.kit, 'GET', '/v2/team/b/tags/list', { headers })).status).toBe(401)
  })

  test('thousands of scopes: the token still fits into a header', async () => {
    const it = world()
    const scopes = Array.from(
      { length: 200 },
      (_, i) => `repository:${'long/'.repeat(40)}${i}:pull,push`,
    ).join(' ')
    const answer = await it.post({
      grant_type: 'password',
      username: 'ann',
      password: 'a:secret',
      scope: scopes.slice(0, 20_000),
    })
    const { token } = JSON.parse(answer.text) as { token: string }
    expect(token.length).toBeLessThan(8000)
    expect((await send(it.kit, 'GET', '/v2/', { headers: bearer(token) })).status).toBe(200)
  })
})

test('header injection: no parameter comes back into a header', async () => {
  const it = world()
  const evil = encodeURIComponent('x"\r\nset-cookie: a=b')
  for (const path of [
    `/token?service=${evil}`,
    `/token?scope=repository:${evil}:pull&account=${evil}&client_id=${evil}`,
    `/v2/${evil}/tags/list`,
    `/v2/a/tags/list?n=${evil}&last=${evil}`,
    `/v2/a/blobs/uploads/?mount=${evil}&from=${evil}`,
  ]) {
    const answer = await send(it.kit, path.includes('uploads') ? 'POST' : 'GET', path)
    expect(answer.status).toBeLessThan(500)
    expect([...answer.headers].flat().join('\n')).not.toMatch(/set-cookie|a=b/)
  }
})

describe('upload ids', () => {
  test('of another subject or another repository, and guessed ones, are unknown', async () => {
    const it = world()
    const started = await send(it.kit, 'POST', '/v2/team/a/blobs/uploads/', { headers: ANN })
    const id = locationOf(started).split('/').at(-1)!
    const rules = world({ storage: it.storage, authorize: () => 'allow' })
    for (const [headers, path] of [
      [BOB, `/v2/team/a/blobs/uploads/${id}`],
      [ANN, `/v2/team/b/blobs/uploads/${id}`],
      [{}, `/v2/team/a/blobs/uploads/${id}`],
      [ANN, `/v2/team/a/blobs/uploads/${id.startsWith('A') ? 'B' : 'A'}${id.slice(1)}`],
      [ANN, `/v2/team/a/blobs/uploads/${id.slice(0, -3)}EAA`],
    ] as const) {
      const answer = await send(rules.kit, 'PATCH', path, { headers, body: 'x' })
      expect([answer.status, path, headers]).toEqual([404, path, headers])
      expect(errorIn(answer).code).toBe('BLOB_UPLOAD_UNKNOWN')
    }
    expect((await send(rules.kit, 'GET', `/v2/team/a/blobs/uploads/${id}`, { headers: ANN })).status).toBe(
      204,
    )
  })
})

test('secrets are in no log, whatever is asked for', async () => {
  const lines: unknown[] = []
  const note = (...line: unknown[]) => void lines.push(line)
  const it = world({ storage: memory() }, { logger: { debug: note, info: note, warn: note, error: note } })
  const { token, refresh_token: refresh = '' } = await it.token(
    'offline_token=true&scope=repository:a:pull',
    ANN,
  )
  await it.post({ grant_type: 'password', username: 'ann', password: 'a:secret' })
  await it.post({ grant_type: 'refresh_token', refresh_token: refresh })
  await send(it.kit, 'GET', `/token?password=a:secret&refresh_token=${refresh}`)
  await send(it.kit, 'GET', '/v2/a/tags/list', { headers: bearer(token) })
  const text = JSON.stringify(lines)
  expect(lines.filter((line) => Array.isArray(line) && line[0] === 'request')).toHaveLength(5)
  for (const secret of ['a:secret', 'a%3Asecret', refresh, token, token.split('.')[2]!])
    expect(text).not.toContain(secret)
})
