import { expect, test } from 'vitest'
import { copyImage, createClient } from '../../src/client/index.ts'
import { utf8 } from '../../src/testing/storage/scope.ts'
import { content, digestOf, failureOf, HOST, refusal, reply, wired } from './wire.ts'

const DIGEST = digestOf('x')
const ok = () => reply(200, { 'content-length': '1' })

test('what passes is asked again: busy, gone, broken', async () => {
  for (const answer of [
    () => refusal(429, 'TOOMANYREQUESTS'),
    () => reply(503),
    () => reply(502),
    () => reply(408),
    () => new TypeError('x'),
  ]) {
    const { client, sent } = wired((_, no) => (no < 2 ? answer() : ok()))
    expect((await client.resolveBlob('a', DIGEST)).size).toBe(1)
    expect(sent.length).toBe(3)
  }
})

test('what lasts is not', async () => {
  for (const status of [400, 401, 403, 404, 409, 416, 501, 507]) {
    const { client, sent } = wired(() => reply(status))
    expect((await failureOf(client.request('/v2/'))).status).toBe(status)
    expect(sent.length).toBe(1)
  }
})

test('it ends after so many tries, with the error of the registry', async () => {
  const { client, sent } = wired(() => refusal(503, 'UNAVAILABLE', 'we are moving'), {
    retry: { tries: 2, firstDelay: 1 },
  })
  expect(await failureOf(client.ping())).toMatchObject({
    code: 'UNAVAILABLE',
    status: 503,
    message: 'we are moving',
  })
  expect(sent.length).toBe(3)
  const none = wired(() => reply(503), { retry: false })
  await failureOf(none.client.ping())
  expect(none.sent.length).toBe(1)
})

test('Retry-After is kept to: seconds, and a date', async () => {
  const date = () => new Date(Date.now() + 1000).toUTCString()
  for (const value of [() => '0', date]) {
    const { client } = wired((_, no) => (no === 0 ? reply(429, { 'retry-after': value() }) : ok()), {
      retry: { firstDelay: 1, maxDelay: 2000 },
    })
    await client.ping()
  }
})

test('a registry that asks for too long a wait has its error told, with the wait', async () => {
  const { client, sent } = wired(() =>
    refusal(429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '3600' }),
  )
  const error = await failureOf(client.ping())
  expect(error).toMatchObject({ code: 'TOOMANYREQUESTS', headers: { 'retry-after': '3600' } })
  expect(sent.length).toBe(1)
})

test('what may have been done is not sent again, unless it is known to do no harm', async () => {
  const lost = wired(() => reply(502))
  await failureOf(lost.client.request('/v2/x', { method: 'POST' }))
  expect(lost.sent.length).toBe(1)
  const limited = wired((_, no) => (no === 0 ? reply(429) : reply(200)))
  await limited.client.request('/v2/x', { method: 'POST' })
  expect(limited.sent.length).toBe(2)
})

test('a delete whose answer got lost, and which then finds nothing, is done', async () => {
  const { client } = wired((_, no) => (no === 0 ? new TypeError('x') : refusal(404, 'BLOB_UNKNOWN')))
  await client.deleteBlob('a', DIGEST)
  const never = wired(() => refusal(404, 'BLOB_UNKNOWN'))
  expect((await failureOf(never.client.deleteBlob('a', DIGEST))).code).toBe('BLOB_UNKNOWN')
})

test('a caller that gives up waits no longer', async () => {
  const abort = new AbortController()
  const { client } = wired(() => reply(503), { retry: { firstDelay: 60_000, maxDelay: 60_000 } })
  const asked = client.resolveBlob('a', DIGEST, { signal: abort.signal })
  setTimeout(() => abort.abort(new Error('enough')), 5)
  expect((await failureOf(asked)).message).toBe('enough')
})

test('no answer is an error that says how long it was waited for', async () => {
  const fetch = (_: string, { signal }: RequestInit) =>
    new Promise<Response>((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))
  const client = createClient(HOST, { fetch, timeout: 20, retry: false })
  expect(await failureOf(client.ping())).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'no answer from registry.test: no answer within 0.02 s',
  })
})

test('a redirect is followed without the credentials, and by the registry itself with them', async () => {
  const { client, sent } = wired(
    ({ url, headers }) => {
      if (url.host === 'cdn.test') return content(utf8('x'))
      if (!headers.has('authorization')) return reply(401, { 'www-authenticate': 'Basic realm="x"' })
      if (url.pathname === '/moved') return reply(307, { location: 'https://cdn.test/x?signed' })
      return reply(302, { location: '/moved' })
    },
    { credentials: { username: 'ann', password: 'secret' } },
  )
  await (await client.getBlob('a', DIGEST)).bytes()
  expect(sent.map(({ url, headers }) => [url.host, headers.has('authorization')])).toEqual([
    ['registry.test', false],
    ['registry.test', true],
    ['registry.test', true],
    ['cdn.test', false],
  ])
})

test('another port is another host', async () => {
  const { client, sent } = wired(
    ({ url, headers }) => {
      if (url.port === '8443') return ok()
      return headers.has('authorization')
        ? reply(307, { location: 'https://registry.test:8443/x' })
        : reply(401, { 'www-authenticate': 'Basic realm="x"' })
    },
    { credentials: { username: 'ann', password: 'secret' } },
  )
  await client.resolveBlob('a', DIGEST)
  expect(sent.at(-1)!.headers.has('authorization')).toBe(false)
})

test('a registry in public must not send us where only we can go', async () => {
  for (const location of [
    'http://cdn.test/x',
    'https://192.168.1.1/',
    'https://127.1/',
    'https://0x7f.1/',
    'https://[fd00::1]/',
    'ftp://x.test/',
    'https://app.localhost/',
  ]) {
    const { client, sent } = wired(() => reply(307, { location }))
    const error = await failureOf(client.resolveBlob('a', DIGEST))
    expect([location, error.status, sent.length]).toEqual([location, 502, 1])
  }
  const home = wired(
    ({ url }) => (url.hostname === '10.0.0.2' ? ok() : reply(307, { location: 'http://10.0.0.2/x' })),
    {},
    'http://10.0.0.1:5000',
  )
  await home.client.resolveBlob('a', DIGEST)
})

test('redirects without end', async () => {
  const { client, sent } = wired(() => reply(307, { location: '/v2/' }))
  expect((await failureOf(client.ping())).message).toContain('redirects without end')
  expect(sent.length).toBe(11)
})

test('errors: the status decides, the body helps', async () => {
  const cases: [Response, object][] = [
    [refusal(404, 'MANIFEST_UNKNOWN', 'gone'), { code: 'MANIFEST_UNKNOWN', message: 'gone' }],
    [refusal(404, 'NOT_FOUND', 'artifact x:y not found'), { code: 'MANIFEST_UNKNOWN' }],
    [
      reply(404, { 'content-type': 'text/html' }, '<h1>nope</h1>'),
      { code: 'MANIFEST_UNKNOWN', message: 'registry.test answered with status 404: <h1>nope</h1>' },
    ],
    [reply(418, {}, 'teapot'), { code: 'UNKNOWN', status: 418 }],
    [
      reply(403, {}, '{"errors":[{"code":"DENIED","details":{"a":1}}]}'),
      { code: 'DENIED', detail: { a: 1 } },
    ],
    [
      reply(400, {}, '{"errors":[null,{"code":7},{"code":"QUOTA_EXCEEDED","message":"full"}]}'),
      { code: 'QUOTA_EXCEEDED', message: 'full' },
    ],
    [reply(401, {}, 'null'), { code: 'UNAUTHORIZED' }],
    [reply(413), { code: 'SIZE_INVALID' }],
    [refusal(451, 'DENIED', 'x'.repeat(5000)), { message: 'x'.repeat(1000), status: 451 }],
  ]
  for (const [answer, expected] of cases) {
    const { client } = wired(() => answer)
    expect(await failureOf(client.getManifest('a', 'latest'))).toMatchObject(expected)
  }
})

test('warnings are told: unescaped, those of code 299 only', async () => {
  const told: string[] = []
  const headers = { warning: '299 - "push \\"v2\\" instead", 199 - "cold", 299 - "and so on"' }
  const { client } = wired(() => reply(200, headers), { onWarning: (text) => told.push(text) })
  // Each once, however often the registry says it.
  for (let i = 0; i < 3; i++) await client.ping()
  expect(told).toEqual(['push "v2" instead', 'and so on'])
})

test('hosts: Docker Hub is where it is, this machine needs no TLS, others do', () => {
  const urls: [string, string][] = [
    ['docker.io', 'https://registry-1.docker.io/'],
    ['https://index.docker.io', 'https://registry-1.docker.io/'],
    ['ghcr.io', 'https://ghcr.io/'],
    ['localhost:5000', 'http://localhost:5000/'],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000/'],
    ['[::1]:5000', 'http://[::1]:5000/'],
    ['10.0.0.1:5000', 'https://10.0.0.1:5000/'],
    ['http://registry.lan:5000/some/where/', 'http://registry.lan:5000/some/where'],
    ['https://registry.test/v2/', 'https://registry.test/'],
  ]
  for (const [host, url] of urls) expect(createClient(host).url.href).toBe(url)
  for (const bad of ['', 'a b', 'ftp://x', 'https://ann:secret@x.test', 'https://x.test/?a', 'team/app'])
    expect(() => createClient(bad)).toThrow(TypeError)
  expect(() => createClient('x.test', { chunkSize: 0 })).toThrow('chunkSize')
})

test('a registry below a path', async () => {
  const { client, lines } = wired(ok, {}, 'https://site.test/registry')
  await client.resolveBlob('a', DIGEST)
  expect(lines()).toEqual([`HEAD /registry/v2/a/blobs/${DIGEST}`])
})

test('names of one part are in library on Docker Hub', async () => {
  const { client, lines } = wired(ok, {}, 'docker.io')
  await client.resolveBlob('alpine', DIGEST)
  await client.resolveBlob('team/app', DIGEST)
  expect(lines()).toEqual([`HEAD /v2/library/alpine/blobs/${DIGEST}`, `HEAD /v2/team/app/blobs/${DIGEST}`])
})

test('copyImage asks for rights on both repositories', async () => {
  const scopes: string[] = []
  const { client, lines } = wired(({ url, headers }) => {
    if (url.host === 'auth.test') {
      scopes.push(...url.searchParams.getAll('scope'))
      return Response.json({ token: 't' })
    }
    if (!headers.has('authorization'))
      return reply(401, { 'www-authenticate': 'Bearer realm="https://auth.test/token",service="s"' })
    return reply(201, { 'docker-content-digest': DIGEST })
  })
  expect(await copyImage(client, 'b', { from: 'a', reference: 'v1' })).toBe(DIGEST)
  expect(lines().at(-1)).toBe('POST /v2/b/_docker/copy/image?from=a&reference=v1')
  expect(scopes).toEqual(['repository:a:pull', 'repository:b:pull,push'])
})

test('ping tells when there is no registry', async () => {
  expect((await failureOf(wired(() => reply(404)).client.ping())).code).toBe('NOT_FOUND')
  await wired(() => reply(200)).client.ping()
})

test('in a browser, redirects that cannot be seen are left to it', async () => {
  const modes: (string | undefined)[] = []
  const fetch = async (_: string, { redirect }: RequestInit) => {
    modes.push(redirect)
    if (redirect === 'follow') return ok()
    const opaque = reply(200)
    Object.defineProperty(opaque, 'type', { value: 'opaqueredirect' })
    return opaque
  }
  await createClient(HOST, { fetch }).resolveBlob('a', DIGEST)
  expect(modes).toEqual(['manual', 'follow'])
})

test('a path stays at the registry, however many slashes it begins with', async () => {
  const { client, sent } = wired(ok)
  await client.request('//elsewhere.test/x')
  expect(sent[0]!.url.href).toBe(`${HOST}//elsewhere.test/x`)
})

test('secrets among the headers of a raw request go nowhere else', async () => {
  const { client, sent } = wired(({ url }) =>
    url.host === 'cdn.test' ? ok() : reply(307, { location: 'https://cdn.test/x' }),
  )
  await client.request('/v2/x', { headers: { authorization: 'Bearer mine', cookie: 'a=b', accept: 'c/d' } })
  expect(sent.map(({ headers }) => ['authorization', 'cookie', 'accept'].map((n) => headers.get(n)))).toEqual(
    [
      ['Bearer mine', 'a=b', 'c/d'],
      [null, null, 'c/d'],
    ],
  )
})

test('options that no timer or chunk can have', () => {
  for (const options of [
    { timeout: Number.POSITIVE_INFINITY },
    { chunkSize: 1.5 },
    { retry: { tries: Number.NaN } },
    { retry: { maxDelay: -1 } },
  ])
    expect(() => createClient('x.test', options)).toThrow(TypeError)
})
