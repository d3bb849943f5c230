import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memory, ocikit, open, RegistryError } from '../../src/index.ts'
import { asked, throwing } from './failing.ts'
import { type Answer, errorIn, request, send } from './http.ts'

describe('an error that cannot be sent as it is', () => {
  const odd: [string, RegistryError][] = [
    [
      'a header value with a line break',
      new RegistryError('A', 'a', { headers: { x: 'a\r\nset-cookie: b' } }),
    ],
    ['a header name with a space', new RegistryError('A', 'a', { headers: { 'x y': 'a' } })],
    ['a header value beyond Latin-1', new RegistryError('A', 'a', { headers: { x: '€' } })],
    ['a detail in a circle', new RegistryError('A', 'a', { detail: circle() })],
    ['a detail that is no JSON', new RegistryError('A', 'a', { detail: 1n })],
  ]
  test.each(odd)('%s: a 500 with an id', async (_, error) => {
    const kit = ocikit({ registry: throwing(error), auth: open() })
    const answer = await send(kit, 'GET', '/v2/a/tags/list')
    expect([answer.status, errorIn(answer).code]).toEqual([500, 'UNKNOWN'])
    const head = await send(kit, 'HEAD', '/v2/a/tags/list')
    expect([head.status, head.text]).toEqual([500, ''])
  })

  test.each([0, 99, 200, 204, 304, 399, 600, 1000, -1, Number.NaN])(
    'a status of %d is 500',
    async (status) => {
      const kit = ocikit({ registry: throwing(new RegistryError('A', 'a', { status })), auth: open() })
      const answer = await send(kit, 'GET', '/v2/a/tags/list')
      expect([answer.status, errorIn(answer).message]).toEqual([500, 'a'])
    },
  )

  test('a challenge or a logger that throws does not hide it, and fetch does not reject', async () => {
    const fail = (): never => {
      throw new Error('secret inside')
    }
    const authenticate = () => Promise.reject(new RegistryError('UNAUTHORIZED', 'no'))
    const logger = { debug: fail, info: fail, warn: fail, error: fail }
    const kits = [
      ocikit({ storage: memory(), auth: { ...open(), authenticate, challenge: fail } }),
      ocikit({ storage: memory(), auth: open(), logger }),
      ocikit({ registry: throwing(new Error('x')), auth: open(), logger }),
    ]
    for (const kit of kits) {
      const answer = await send(kit, 'GET', '/v2/a/tags/list')
      expect(errorIn(answer).code).toMatch(/^(UNKNOWN|UNAUTHORIZED|NAME_UNKNOWN)$/)
      expect(answer.text).not.toContain('secret')
    }
  })
})

describe('fetch never rejects', () => {
  const kit = ocikit({ storage: memory(), auth: open() })

  test('whatever method, path, headers and body come', async () => {
    const names = [
      'range',
      'if-none-match',
      'if-range',
      'content-range',
      'content-length',
      'content-type',
      'accept',
    ]
    const path = fc.oneof(
      fc.webPath(),
      fc.constantFrom(
        ...asked.map(([, each]) => each),
        '/v2/a/blobs/uploads/x',
        '/v2/_catalog?n=-1&last=%00',
      ),
    )
    const text = fc.string({
      unit: fc.constantFrom('0', '1', '-', '=', ',', '"', '*', ';', '/', 'b', 'ÿ', ' '),
      maxLength: 12,
    })
    const verbs = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND', 'X']
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...verbs),
        path,
        fc.dictionary(fc.constantFrom(...names), text),
        fc.option(fc.uint8Array({ maxLength: 50 })),
        async (method, where, headers, body) => {
          const hasBody = body !== null && !['GET', 'HEAD'].includes(method)
          const answer: Answer = await send(kit, method, where, { headers, ...(hasBody ? { body } : {}) })
          expect(answer.status).toBeLessThan(500)
          if (answer.status >= 400 && method !== 'HEAD') errorIn(answer)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('a body that breaks off', async () => {
    const body = new ReadableStream<Uint8Array>({ pull: (c) => c.error(new Error('gone')) })
    const answer = await send(kit, 'PUT', '/v2/a/manifests/x', { body })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    errorIn(answer)
  })

  test('a client that has gone', async () => {
    for (const [method, path] of asked) {
      const body = method === 'PUT' ? { body: 'x' } : {}
      await expect(
        kit.fetch(request(method, path, { signal: AbortSignal.abort(), ...body })),
      ).resolves.toBeInstanceOf(Response)
    }
  })
})

function circle(): object {
  const ring: { self?: object } = {}
  ring.self = ring
  return ring
}
