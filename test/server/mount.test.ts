import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { memory, ocikit, open } from '../../src/index.ts'
import {
  digestOf,
  emptyIndex,
  errorIn,
  type Handler,
  HOST,
  INDEX,
  LOREM,
  locationOf,
  pushBlob,
  pushIndex,
  request,
  send,
  withDigest,
} from './http.ts'

const make = (basePath?: string) =>
  ocikit({ storage: memory(), auth: open(), ...(basePath === undefined ? {} : { basePath }) })

/** An application with routes of its own. */
function application(): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    await next()
    c.header('x-application', 'yes')
  })
  app.get('/', (c) => c.text('the application'))
  app.get('/registry/about', (c) => c.text('about'))
  app.notFound((c) => c.text('the application has no such page', 404))
  return app
}

const placed: [string, string, () => Handler][] = [
  ['at the root', '', () => make()],
  ['with basePath', '/registry', () => make('/registry')],
  ['with basePath and a slash after it', '/registry', () => make('/registry/')],
  ['with basePath of several segments', '/a/v2/b', () => make('/a/v2/b')],
  ['with app.route()', '/registry', () => application().route('/registry', make().app)],
  ['with app.route() at the root', '', () => application().route('/', make().app)],
  ['with app.route() and a parameter', '/ann/x', () => application().route('/:tenant/x', make().app)],
  [
    'with app.route() and an encoded parameter',
    '/a%2Fb%20c/x',
    () => application().route('/:t/x', make().app),
  ],
  [
    'with route() in route()',
    '/one/two',
    () => application().route('/one', new Hono().route('/two', make().app)),
  ],
  ['with basePath in route()', '/one/two', () => application().route('/one', make('/two').app)],
  ['with a pattern in the parameter', '/7/x', () => application().route('/:id{[0-9]+}/x', make().app)],
]

describe.each(placed)('a registry %s', (_, prefix, build) => {
  const app = build()

  test('says where things are so that following it works', async () => {
    const started = await send(app, 'POST', `${prefix}/v2/a/b/blobs/uploads/`)
    expect(started.status).toBe(202)
    const patched = await send(app, 'PATCH', locationOf(started), { body: LOREM.slice(0, 5) })
    const refused = await send(app, 'PATCH', locationOf(patched), {
      headers: { 'content-range': '99-99' },
      body: 'x',
    })
    expect(refused.status).toBe(416)
    const path = withDigest(locationOf(refused), digestOf(LOREM))
    const put = await send(app, 'PUT', path, { body: LOREM.slice(5) })
    expect(put.status).toBe(201)
    for (const answer of [started, patched, refused, put])
      expect(locationOf(answer).startsWith(`${prefix}/v2/a/b/blobs/`)).toBe(true)
    expect((await send(app, 'GET', locationOf(put))).text).toBe(LOREM)
    const mount = `${prefix}/v2/c/blobs/uploads/?mount=${digestOf(LOREM)}&from=a/b`
    const mounted = await send(app, 'POST', mount)
    expect((await send(app, 'GET', locationOf(mounted))).text).toBe(LOREM)
  })

  test('lists its pages under the same prefix', async () => {
    for (const tag of ['one', 'three', 'two']) {
      const pushed = await pushIndex(app, 'pages', tag, { prefix })
      expect(locationOf(pushed)).toBe(`${prefix}/v2/pages/manifests/${tag}`)
    }
    const found: string[] = []
    let next: string | undefined = `${prefix}/v2/pages/tags/list?n=1`
    for (let page = 0; next !== undefined && page < 9; page++) {
      const { text, headers } = await send(app, 'GET', next)
      found.push(...(JSON.parse(text) as { tags: string[] }).tags)
      next = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1]
    }
    expect(found).toEqual(['one', 'three', 'two'])
  })

  test('answers its own errors in JSON, with the headers of the registry', async () => {
    const answer = await send(app, 'GET', `${prefix}/v2/nothing`)
    expect([answer.status, errorIn(answer).code]).toEqual([404, 'NOT_FOUND'])
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0')
  })
})

describe('a registry beside other routes', () => {
  const app = application().route('/registry', make().app)

  test('leaves the application its pages, its middleware and its 404', async () => {
    expect((await send(app, 'GET', '/')).text).toBe('the application')
    expect((await send(app, 'GET', '/registry/about')).text).toBe('about')
    expect((await send(app, 'GET', '/registry/v3/')).text).toBe('the application has no such page')
    expect((await send(app, 'GET', '/v2/')).status).toBe(404)
    expect((await send(app, 'GET', '/registry/v2/')).headers.get('x-application')).toBe('yes')
  })

  test('on its own, everything outside of /v2 is a 404 in JSON', async () => {
    for (const path of ['/', '/v1/', '/v2x', '/registry/v2/'])
      expect(errorIn(await send(make(), 'GET', path)).code).toBe('NOT_FOUND')
  })

  test('two in one application, each in its place, with contents of their own', async () => {
    const both = new Hono().route('/a', make().app).route('/b', make().app)
    const { location } = await pushBlob(both, 'x', LOREM, { prefix: '/a' })
    expect((await send(both, 'GET', location)).status).toBe(200)
    expect((await send(both, 'GET', location.replace('/a/', '/b/'))).status).toBe(404)
  })

  const hosts: [string, () => Handler][] = [
    [
      'by a route that hands the request on',
      () => {
        const kits = { 'a.test': make(), 'b.test': make() }
        return new Hono().all('*', (c) => kits[new URL(c.req.url).host as 'a.test'].fetch(c.req.raw))
      },
    ],
    [
      'by Hono’s getPath, which puts the host before the path',
      () => {
        const getPath = (req: Request) => `/${req.url.replace(/^https?:\/\/([^?#]+).*$/, '$1')}`
        return new Hono({ getPath }).route('/a.test', make().app).route('/b.test', make().app)
      },
    ],
  ]
  test.each(hosts)('two under two hosts, %s', async (_, build) => {
    const app = build()
    const on = (host: string): Handler => ({
      fetch: (req) => app.fetch(new Request(req.url.replace(HOST, `http://${host}`), req)),
    })
    const { location } = await pushBlob(on('a.test'), 'x', LOREM)
    expect(location).toBe(`/v2/x/blobs/${digestOf(LOREM)}`)
    expect((await send(on('a.test'), 'GET', location)).text).toBe(LOREM)
    expect((await send(on('b.test'), 'GET', location)).status).toBe(404)
  })

  test('a body that middleware has read is one clear error, at once, on every write', async () => {
    const spoilt = new Hono()
    spoilt.use(async (c, next) => {
      await c.req.text()
      await next()
    })
    spoilt.route('/', make().app)
    const writes: [string, string][] = [
      ['PUT', '/v2/a/manifests/x'],
      ['POST', withDigest('/v2/a/blobs/uploads/', digestOf('x'))],
      ['PATCH', '/v2/a/blobs/uploads/x'],
    ]
    for (const [method, path] of writes) {
      const answer = await send(spoilt, method, path, {
        headers: { 'content-type': INDEX },
        body: emptyIndex(),
      })
      expect(answer.status).toBe(500)
      expect(errorIn(answer).message).toMatch(/body .* was read before/)
    }
    expect((await send(spoilt, 'GET', '/v2/')).status).toBe(200)
  })

  test('a body that middleware holds without having read it is an error too, and nothing hangs', async () => {
    const req = request('PUT', '/v2/a/manifests/x', {
      headers: { 'content-type': INDEX },
      body: emptyIndex(),
    })
    req.body?.getReader()
    const response = await make().fetch(req)
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ errors: [{ code: 'UNKNOWN' }] })
  })
})
