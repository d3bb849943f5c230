import { expect, test } from 'vitest'
import type { ClientOptions } from '../../../src/client/index.ts'
import { digestOf, failureOf, refusal, reply, type Sent, wired } from '../../client/wire.ts'

const DIGEST = digestOf('x')
const found = () => reply(200, { 'content-length': '1' })
const ANN = { username: 'ann', password: 'secret' }
const BASIC = `Basic ${btoa('ann:secret')}`

/** A registry with a token service: a token says which scopes it is for, so that a request can be held to it. */
function tokens({
  lifetime = 300,
  realm = 'https://auth.test/token?of=us',
  wants = (_: Sent): string => 'repository:a:pull',
} = {}) {
  const granted: string[] = []
  const refused = new Set<string>()
  let count = 0
  const answer = async (sent: Sent): Promise<Response> => {
    const { url, headers, body } = sent
    if (url.host === 'auth.test') {
      const form = new URLSearchParams(new TextDecoder().decode(body))
      const scopes = url.searchParams.getAll('scope').join(' ') || (form.get('scope') ?? '')
      granted.push(scopes)
      return Response.json({
        access_token: `${++count}_${btoa(scopes).replaceAll('=', '')}`,
        expires_in: lifetime,
      })
    }
    const shown = headers.get('authorization')?.replace('Bearer ', '')
    const scope = wants(sent)
    const holds =
      shown !== undefined &&
      !refused.has(shown) &&
      scope
        .split(':')[2]!
        .split(',')
        .every((action) => atob(shown.split('_')[1]!).includes(action))
    if (holds) return found()
    return refusal(401, 'UNAUTHORIZED', '', {
      'www-authenticate': `Bearer realm="${realm}",service="us",scope="${scope}"`,
    })
  }
  return { answer, granted, refused }
}

test('nothing is shown before the registry asks, then a token for what is done', async () => {
  const { answer, granted } = tokens()
  const { client, sent } = wired(answer, { credentials: ANN })
  await client.resolveBlob('a', DIGEST)
  expect(
    sent.map(({ url, headers }) => [url.host, headers.get('authorization')?.slice(0, 6) ?? null]),
  ).toEqual([
    ['registry.test', null],
    ['auth.test', 'Basic '],
    ['registry.test', 'Bearer'],
  ])
  expect(sent[1]!.headers.get('authorization')).toBe(BASIC)
  expect(sent[1]!.url.search).toBe('?of=us&service=us&scope=repository%3Aa%3Apull')
  await client.resolveBlob('a', DIGEST)
  expect(sent.length).toBe(4)
  expect(granted.length).toBe(1)
})

test('without credentials the token is an anonymous one', async () => {
  const { answer } = tokens()
  const { client, sent } = wired(answer)
  await client.resolveBlob('a', DIGEST)
  expect(sent[1]!.headers.has('authorization')).toBe(false)
})

test('docker 1.21c: a token is fetched once, however many wait for it, and they do not wait for each other', async () => {
  const { answer, granted } = tokens()
  const { client } = wired(answer)
  await Promise.all(Array.from({ length: 20 }, () => client.resolveBlob('a', DIGEST)))
  expect(granted.length).toBe(1)
})

test('one that waits for a token may give up; the others get it', async () => {
  const { answer } = tokens()
  const abort = new AbortController()
  const { client } = wired(async (sent, no) => {
    if (sent.url.host === 'auth.test') await new Promise((resolve) => setTimeout(resolve, 30))
    return no < 0 ? found() : answer(sent)
  })
  const first = client.resolveBlob('a', DIGEST, { signal: abort.signal })
  const second = client.resolveBlob('a', DIGEST)
  setTimeout(() => abort.abort(new Error('enough')), 10)
  expect((await failureOf(first)).message).toBe('enough')
  expect((await second).size).toBe(1)
})

test('docker 1.21b: a token that is refused is not shown again', async () => {
  const { answer, granted, refused } = tokens()
  const { client, sent } = wired(answer)
  await client.resolveBlob('a', DIGEST)
  refused.add(sent.at(-1)!.headers.get('authorization')!.slice(7))
  await client.resolveBlob('a', DIGEST)
  expect(granted.length).toBe(2)
})

test('a token is used until shortly before its end', async () => {
  const { answer, granted } = tokens({ lifetime: 5 })
  const { client } = wired(answer)
  await client.resolveBlob('a', DIGEST)
  await client.resolveBlob('a', DIGEST)
  expect(granted.length).toBe(2)
})

test('what the challenge wants is added to what is known to be needed, and a wider token does for less', async () => {
  const { answer, granted } = tokens({
    wants: ({ method }) => (method === 'DELETE' ? 'repository:a:delete,pull' : 'repository:a:pull'),
  })
  const { client } = wired(answer)
  await client.deleteBlob('a', DIGEST)
  await client.resolveBlob('a', DIGEST)
  expect(granted).toEqual(['repository:a:delete,pull'])
})

test('403 for lack of scope gets another token, any other 403 none', async () => {
  const challenge = (error: string) => ({
    'www-authenticate': `Bearer realm="https://auth.test/token",service="us",scope="repository:b:pull",error="${error}"`,
  })
  const { client, sent } = wired(({ url, headers }) => {
    if (url.host === 'auth.test') return Response.json({ token: `t${sent.length}` })
    return headers.get('authorization') === 't1' || !headers.has('authorization')
      ? refusal(403, 'DENIED', '', challenge('insufficient_scope'))
      : found()
  })
  expect((await client.resolveBlob('a', DIGEST)).size).toBe(1)
  const other = wired(() => refusal(403, 'DENIED', '', challenge('invalid_token')))
  await failureOf(other.client.resolveBlob('a', DIGEST))
  expect(other.sent.length).toBe(1)
})

test('docker 1.21a: every challenge of every header is read: a token before a password', async () => {
  const { answer } = tokens()
  const { client, sent } = wired(
    async (sent) => {
      const response = await answer(sent)
      const bearer = response.headers.get('www-authenticate')
      if (bearer) response.headers.set('www-authenticate', `Negotiate abc==, Basic realm="a, b", ${bearer}`)
      return response
    },
    { credentials: ANN },
  )
  await client.resolveBlob('a', DIGEST)
  expect(sent[2]!.headers.get('authorization')).toMatch(/^Bearer /)
})

test('Basic goes with every request, and is refused once', async () => {
  const { client, sent } = wired(
    ({ headers }) =>
      headers.get('authorization') === BASIC
        ? found()
        : reply(401, { 'www-authenticate': 'Basic realm="x"' }),
    { credentials: ANN },
  )
  await client.resolveBlob('a', DIGEST)
  await client.resolveBlob('a', DIGEST)
  expect(sent.map(({ headers }) => headers.has('authorization'))).toEqual([false, true, true])
  const wrong = wired(() => reply(401, { 'www-authenticate': 'Basic realm="x"' }), { credentials: ANN })
  expect((await failureOf(wrong.client.resolveBlob('a', DIGEST))).code).toBe('UNAUTHORIZED')
  expect(wrong.sent.length).toBe(2)
})

test('credentials that were refused are looked up again', async () => {
  const passwords = ['old', 'new']
  const asked: [string, string | undefined][] = []
  const options: ClientOptions = {
    credentials: (host, { repository }) => {
      asked.push([host, repository])
      return { username: 'ann', password: passwords.shift()! }
    },
  }
  const good = `Basic ${btoa('ann:new')}`
  const { client } = wired(
    ({ headers }) =>
      headers.get('authorization') === good ? found() : reply(401, { 'www-authenticate': 'basic' }),
    options,
  )
  await failureOf(client.resolveBlob('a', DIGEST))
  expect((await client.resolveBlob('a', DIGEST)).size).toBe(1)
  expect(asked).toEqual([
    ['registry.test', 'a'],
    ['registry.test', 'a'],
  ])
})

test('an identity token is exchanged by POST, and replaced when another one comes', async () => {
  const forms: Record<string, string>[] = []
  const { client } = wired(
    ({ url, method, headers, body }) => {
      if (url.host === 'auth.test') {
        expect(method).toBe('POST')
        forms.push(Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body))))
        return Response.json({ access_token: 't', expires_in: 1, refresh_token: 'second' })
      }
      return headers.has('authorization')
        ? found()
        : reply(401, { 'www-authenticate': 'Bearer realm="https://auth.test/token",service="us"' })
    },
    { credentials: { identityToken: 'first' } },
  )
  await client.resolveBlob('a', DIGEST)
  await client.resolveBlob('a', DIGEST)
  expect(forms.map(({ refresh_token }) => refresh_token)).toEqual(['first', 'second'])
  expect(forms[0]).toEqual({
    grant_type: 'refresh_token',
    client_id: 'ocikit',
    refresh_token: 'first',
    service: 'us',
    scope: 'repository:a:pull',
  })
})

test('a registry token is shown as it is', async () => {
  const { client, sent } = wired(
    ({ headers }) =>
      headers.get('authorization') === 'Bearer mine'
        ? found()
        : reply(401, { 'www-authenticate': 'Bearer realm="https://auth.test/token"' }),
    { credentials: { registryToken: 'mine' } },
  )
  await client.resolveBlob('a', DIGEST)
  expect(sent.length).toBe(2)
})

test('docker 1.21d: credentials do not go wherever a realm points', async () => {
  for (const realm of [
    'http://auth.test/token',
    'https://10.1.2.3/token',
    'https://localhost/token',
    'ftp://auth.test/',
    'https://',
  ]) {
    const { answer } = tokens({ realm })
    const { client, sent } = wired(answer, { credentials: ANN })
    const error = await failureOf(client.resolveBlob('a', DIGEST))
    expect([realm, error.code, sent.length]).toEqual([realm, 'UNAUTHORIZED', 1])
  }
  const relative = wired(({ url, headers }) =>
    url.pathname === '/token'
      ? Response.json({ token: 't' })
      : headers.has('authorization')
        ? found()
        : reply(401, { 'www-authenticate': 'Bearer realm=/token' }),
  )
  await relative.client.resolveBlob('a', DIGEST)
  expect(relative.sent[1]!.url.host + relative.sent[1]!.url.pathname).toBe('registry.test/token')
})

test('a token service that refuses, fails, or talks nonsense: no secret is told', async () => {
  const answers: [() => Response, string, number][] = [
    [() => reply(401), 'UNAUTHORIZED', 2],
    [() => reply(302, { location: 'https://10.0.0.1/' }), 'UNAUTHORIZED', 2],
    [() => new Response('secret <html>'), 'UNAUTHORIZED', 2],
    [() => Response.json({ token: 'two words' }), 'UNAUTHORIZED', 2],
    [() => Response.json({}), 'UNAUTHORIZED', 2],
    [() => reply(503), 'UNAVAILABLE', 6],
    [() => reply(429), 'TOOMANYREQUESTS', 6],
  ]
  for (const [answer, code, least] of answers) {
    const { client, sent } = wired(
      ({ url }) =>
        url.host === 'auth.test'
          ? answer()
          : reply(401, { 'www-authenticate': 'Bearer realm="https://auth.test/token"' }),
      { credentials: ANN },
    )
    const error = await failureOf(client.resolveBlob('a', DIGEST))
    expect([code, sent.length >= least]).toEqual([error.code, true])
    expect(JSON.stringify([error.message, error.detail])).not.toContain('secret')
  }
})

test('a stream is not sent again for a challenge', async () => {
  let asked = 0
  const { client } = wired(({ method, url }) => {
    if (url.host === 'auth.test') return Response.json({ token: 't' })
    if (method === 'POST') return reply(202, { location: '/u/1' })
    if (method === 'PUT') asked++
    return method === 'PUT'
      ? refusal(401, 'UNAUTHORIZED', '', { 'www-authenticate': 'Bearer realm="https://auth.test/token"' })
      : reply(204)
  })
  const body = new Response('x').body!
  expect((await failureOf(client.pushBlob('a', { digest: DIGEST }, body))).code).toBe('UNAUTHORIZED')
  expect(asked).toBe(1)
})
