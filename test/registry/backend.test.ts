import { Hono } from 'hono'
import { describe, expect, test, vi } from 'vitest'
import {
  createStore,
  defineRegistry,
  type Logger,
  memory,
  ocikit,
  open,
  RegistryError,
  users,
} from '../../src/index.ts'
import { REGISTRY_METHODS, type Registry } from '../../src/registry.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { configOf, imageOf, indexOf, textOf } from '../../src/testing/registry/samples.ts'
import { scopeOf } from '../../src/testing/registry/scope.ts'

/** A registry that notes the calls, and does nothing. */
function noting(): { registry: Registry; calls: string[] } {
  const calls: string[] = []
  const note = (name: string) => () => {
    calls.push(name)
    throw new RegistryError('UNSUPPORTED', 'only notes')
  }
  const parts = Object.fromEntries(REGISTRY_METHODS.map((name) => [name, note(name)]))
  return { registry: defineRegistry(parts as Partial<Registry>), calls }
}

/** Requests that must not reach the registry, and how they are answered. */
const INVALID: readonly [string, number, Record<string, string>?][] = [
  ['GET /v2/UPPER/blobs/sha256:bad', 400],
  ['GET /v2/a/blobs/sha256:bad', 400],
  ['HEAD /v2/a/manifests/-bad', 400],
  ['DELETE /v2/a/manifests/.bad', 400],
  ['PUT /v2/a/manifests/ok?tag=-bad', 400],
  ['PUT /v2/a/manifests/ok?digest=bad', 400],
  [`GET /v2/${'a'.repeat(256)}/tags/list`, 400],
  ['GET /v2/a/b/manifests/x%2fy', 404],
  ['GET /v2/a/tags/list?n=x', 400],
  ['GET /v2/_catalog?n=-1', 400],
  ['GET /v2/a/referrers/latest', 400],
  ['POST /v2/A/blobs/uploads/', 400],
  ['POST /v2/a/blobs/uploads/?digest=bad', 400],
  ['POST /v2/a/blobs/uploads/?digest-algorithm=md5', 400],
  ['PATCH /v2/a/blobs/uploads/unknown', 404],
  ['PATCH /v2/a/blobs/uploads/unknown', 400, { 'content-range': 'x' }],
  ['PUT /v2/a/blobs/uploads/unknown', 400],
  ['PUT /v2/a/blobs/uploads/unknown?digest=bad', 400],
  ['PATCH /v2/a/manifests/latest', 405],
  ['GET /v2/a/unknown', 404],
]

describe('the registry is not asked', () => {
  for (const [request, status, headers = {}] of INVALID) {
    const fields = Object.entries(headers).map(([name, value]) => `, ${name}: ${value}`)
    test(`${request.slice(0, 80)}${fields.join('')}: ${status}`, async () => {
      const { registry, calls } = noting()
      const [method, path] = request.split(' ') as [string, string]
      const response = await testRegistry({ registry }).fetch(path, { method, headers })
      expect([response.status, calls]).toEqual([status, []])
      if (method !== 'HEAD') expect((await response.json()).errors.length).toBe(1)
    })
  }

  test('without rights', async () => {
    const { registry, calls } = noting()
    const { fetch } = testRegistry({ registry, auth: users([{ name: 'a', password: 'b' }]) })
    for (const path of ['/v2/a/tags/list', '/v2/_catalog', '/v2/a/manifests/latest'])
      expect((await fetch(path)).status).toBe(401)
    expect(calls).toEqual([])
  })
})

describe('errors of the registry', () => {
  const failing = (error: unknown, logger?: Logger) => {
    const throwing = () => {
      throw error
    }
    const registry = defineRegistry({ getManifest: async () => throwing() })
    return testRegistry({ registry, ...(logger ? { logger } : {}) }).fetch('/v2/a/b/manifests/latest')
  }

  test('keep their code, status, detail, headers and further entries', async () => {
    const also = [{ code: 'MORE', message: 'more' }]
    const headers = { 'retry-after': '7' }
    const detail = { quota: 10 }
    const response = await failing(new RegistryError('DENIED', 'no', { status: 429, also, headers, detail }))
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
    expect(await response.json()).toEqual({ errors: [{ code: 'DENIED', message: 'no', detail }, ...also] })
  })

  test('get the status of their code, 400 for one of their own', async () => {
    const statuses = { DENIED: 403, TOOMANYREQUESTS: 429, UNSUPPORTED: 405, UNAVAILABLE: 503, QUOTA: 400 }
    for (const [code, status] of Object.entries(statuses))
      expect((await failing(new RegistryError(code, 'x'))).status).toBe(status)
  })

  test('that nobody expected are a 500 with an id, and logged with it', async () => {
    for (const thrown of [new Error('secret'), 'secret', null, { secret: true }]) {
      const error = vi.fn()
      const logger = { debug() {}, info() {}, warn() {}, error }
      const response = await failing(thrown, logger)
      const text = await response.text()
      const [{ code, detail }] = JSON.parse(text).errors
      expect([response.status, code, text.includes('secret')]).toEqual([500, 'UNKNOWN', false])
      expect(error.mock.calls[0]?.[1]?.id).toBe(detail.id)
    }
  })

  test('without a logger nothing is printed', async () => {
    const streams = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')]
    const methods = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name),
    )
    const printed = [...streams, ...methods]
    expect((await failing(new Error('secret'))).status).toBe(500)
    expect(printed.flatMap((each) => each.mock.calls)).toEqual([])
    for (const each of printed) each.mockRestore()
  })
})

describe('middleware', () => {
  const auth = users([{ name: 'a', password: 'b' }])

  test('runs in the order in which it was added, around every route', async () => {
    const order: string[] = []
    const app = new Hono()
    for (const name of ['first', 'second'])
      app.use(async (_, next) => {
        order.push(name)
        await next()
      })
    app.route('/', ocikit({ storage: memory(), auth: open() }).app)
    expect((await app.request('/v2/')).status).toBe(200)
    expect(order).toEqual(['first', 'second'])
  })

  test('authentication is for the registry only', async () => {
    const app = new Hono().get('/health', (c) => c.text('well'))
    app.route('/', ocikit({ storage: memory(), auth }).app)
    expect([(await app.request('/health')).status, (await app.request('/v2/')).status]).toEqual([200, 401])
  })
})

describe('sparse', () => {
  test('what a manifest refers to need not be there', async () => {
    const { put, expectManifest, expectNoBlob } = scopeOf(
      createStore({ storage: memory(), sparse: true }),
      expect,
    )
    const config = await configOf('absent')
    const image = await imageOf(config, [await textOf('absent')])
    await put(image, ['image'])
    await expectManifest('image', image)
    await expectNoBlob(config.digest)
    const index = await indexOf([{ ...image, digest: (await textOf('other')).digest }])
    await put(index, ['index'])
    await expectManifest('index', index)
  })
})
