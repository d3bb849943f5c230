import { expect, test } from 'vitest'
import { type Auth, users } from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { textOf } from '../../src/testing/registry/samples.ts'
import { scopeOf } from '../../src/testing/registry/scope.ts'

const basic = (name: string, password: string) => ({ authorization: `Basic ${btoa(`${name}:${password}`)}` })

/** Everybody may pull and push in the repositories that begin with their name, and nothing else. */
function own(): Auth {
  const known = users([
    { name: 'ada', password: 'a:b:c' },
    { name: 'bob', password: 'b' },
  ])
  return {
    ...known,
    authorize: ({ type, name }, { subject }) =>
      type === 'repository' && subject !== null && name.startsWith(`${subject.name}/`) ? 'allow' : 'deny',
  }
}

test('elixir A3.14: a mount from where the caller may not read becomes an upload, and gives nothing away', async () => {
  const { fetch, registry } = testRegistry({ auth: own() })
  const it = await scopeOf(registry, expect).push(await textOf('private'), 'ada/private')
  const post = (query: string, headers: HeadersInit) =>
    fetch(`/v2/bob/mine/blobs/uploads/?mount=${it.digest}${query}`, { method: 'POST', headers })
  const bob = basic('bob', 'b')
  const nobody = await fetch(`/v2/bob/mine/blobs/uploads/?mount=${(await textOf('nobody')).digest}`, {
    method: 'POST',
    headers: bob,
  })
  for (const query of ['&from=ada/private', '']) {
    const response = await post(query, bob)
    expect([response.status, response.headers.get('range')]).toEqual([nobody.status, '0-0'])
  }
  expect((await fetch(`/v2/bob/mine/blobs/${it.digest}`, { headers: bob })).status).toBe(404)
  expect((await fetch(`/v2/ada/private/blobs/${it.digest}`, { headers: bob })).status).toBe(403)
})

test('rust B3.4: rights on one repository do not show content of another, by digest either', async () => {
  const { fetch, registry } = testRegistry({ auth: own() })
  const { push, pushIndex } = scopeOf(registry, expect)
  const blob = await push(await textOf('private'), 'ada/private')
  const index = await pushIndex(['latest'], {}, 'ada/private')
  for (const path of [`blobs/${blob.digest}`, `manifests/${index.digest}`])
    for (const method of ['GET', 'HEAD', 'DELETE'])
      expect((await fetch(`/v2/bob/mine/${path}`, { method, headers: basic('bob', 'b') })).status).toBeOneOf([
        404, 403,
      ])
})

test('rust B3.6: every 401 carries the challenge, whatever was asked for', async () => {
  const { fetch } = testRegistry({ auth: own() })
  const { digest } = await textOf('x')
  const requests = [
    'GET /v2/',
    'GET /v2/a/manifests/latest',
    `HEAD /v2/a/blobs/${digest}`,
    'POST /v2/a/blobs/uploads/',
    'PUT /v2/a/manifests/latest',
    'GET /v2/a/tags/list',
    'DELETE /v2/a/manifests/latest',
  ]
  for (const each of requests) {
    const [method, path] = each.split(' ') as [string, string]
    for (const headers of [
      {},
      basic('ada', 'wrong'),
      { authorization: 'Bearer x' },
      { authorization: 'odd' },
    ]) {
      const response = await fetch(path, { method, headers })
      expect([each, response.status, response.headers.get('www-authenticate')?.startsWith('Basic ')]).toEqual(
        [each, 401, true],
      )
      if (method !== 'HEAD') expect((await response.json()).errors[0].code).toBe('UNAUTHORIZED')
    }
  }
})

test('elixir A3.17: passwords may hold colons, the scheme may be in any case', async () => {
  const { fetch } = testRegistry({ auth: own() })
  for (const scheme of ['Basic', 'basic', 'BASIC']) {
    const authorization = `${scheme} ${btoa('ada:a:b:c')}`
    expect((await fetch('/v2/', { headers: { authorization } })).status).toBe(200)
  }
})

test('rust B3.1: anonymous rights beside users work on real endpoints, logged in or not', async () => {
  const known = users([{ name: 'ada', password: 'a' }])
  const auth: Auth = {
    ...known,
    authorize: (access, context) =>
      context.subject !== null || access.action === 'pull' ? 'allow' : known.authorize(access, context),
  }
  const { fetch, registry } = testRegistry({ auth })
  await scopeOf(registry, expect).pushIndex(['latest'], {}, 'a')
  const status = async (method: string, path: string, headers: Record<string, string>) =>
    (await fetch(path, { method, headers })).status
  for (const [headers, push] of [
    [{}, 401],
    [basic('ada', 'a'), 202],
  ] as const) {
    expect(await status('GET', '/v2/a/manifests/latest', headers)).toBe(200)
    expect(await status('POST', '/v2/a/blobs/uploads/', headers)).toBe(push)
  }
})

test('rust B3.2: an authorisation behind another object keeps its rules', async () => {
  const inner = own()
  const boxed: Auth = {
    authenticate: async (request) => inner.authenticate(request),
    authorize: async (access, context) => inner.authorize(access, context),
    challenge: (realm, accesses) => inner.challenge(realm, accesses),
  }
  const { fetch } = testRegistry({ auth: boxed })
  expect((await fetch('/v2/ada/x/tags/list', { headers: basic('bob', 'b') })).status).toBe(403)
  expect((await fetch('/v2/bob/x/tags/list', { headers: basic('bob', 'b') })).status).toBe(404)
})
