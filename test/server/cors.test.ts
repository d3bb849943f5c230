import { describe, expect, test } from 'vitest'
import { memory, type OcikitOptions, ocikit, open, users } from '../../src/index.ts'
import { pushIndex, send } from './http.ts'

const make = (cors?: OcikitOptions['cors'], auth = open()) =>
  ocikit({ storage: memory(), auth, ...(cors ? { cors } : {}) })

const from = (origin: string, more: Record<string, string> = {}) => ({ headers: { origin, ...more } })
const preflight = from('https://ui.test', {
  'access-control-request-method': 'PATCH',
  'access-control-request-headers': 'authorization,content-range',
})

describe('cors (Fetch standard, "CORS protocol")', () => {
  test('is off unless asked for: OPTIONS is a method like any other', async () => {
    const kit = make()
    const answer = await send(kit, 'GET', '/v2/', from('https://ui.test'))
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    expect((await send(kit, 'OPTIONS', '/v2/', preflight)).status).toBe(405)
  })

  test('a preflight is answered without credentials, with every method and the headers asked for', async () => {
    const answer = await send(make('*', users([])), 'OPTIONS', '/v2/a/blobs/uploads/x', preflight)
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const methods = answer.headers.get('access-control-allow-methods')?.split(',')
    expect(methods).toEqual(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'])
    const headers = answer.headers.get('access-control-allow-headers')?.split(',') ?? []
    expect(headers.map((name) => name.trim())).toEqual(['authorization', 'content-range'])
    expect(Number(answer.headers.get('access-control-max-age'))).toBeGreaterThan(0)
  })

  test('every header that this API answers with may be read by the page', async () => {
    const { headers } = await pushIndex(make('*'), 'a', 'x', from('https://ui.test'))
    const exposed = headers.get('access-control-expose-headers')?.toLowerCase().split(',') ?? []
    const needed = ['location', 'range', 'docker-content-digest', 'link', 'www-authenticate', 'oci-subject']
    expect(exposed).toEqual(expect.arrayContaining(needed))
    expect(exposed).toEqual(expect.arrayContaining(['content-length', 'etag', 'oci-tag', 'warning']))
  })

  test('of a list only its origins, with credentials, and a cache is told', async () => {
    const kit = make(['https://ui.test', 'https://other.test'])
    for (const origin of ['https://ui.test', 'https://other.test']) {
      const { headers } = await send(kit, 'GET', '/v2/', from(origin))
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('access-control-allow-credentials')).toBe('true')
      expect(headers.get('vary')?.toLowerCase()).toContain('origin')
    }
    for (const origin of ['https://evil.test', 'https://ui.test.evil.test', 'http://ui.test', 'null']) {
      const { headers, status } = await send(kit, 'GET', '/v2/', from(origin))
      expect([status, headers.get('access-control-allow-origin')]).toEqual([200, null])
    }
  })

  test('any origin means no credentials: the two together would let every page act for its visitors', async () => {
    const { headers } = await send(make('*'), 'GET', '/v2/', from('https://evil.test'))
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })

  test('errors carry them too, so that a page can read the challenge', async () => {
    const kit = make('*', users([{ name: 'ann', password: 'x' }]))
    for (const path of ['/v2/', '/v2/a/tags/list', '/v2/nothing', '/v2/A/tags/list']) {
      const { headers, status } = await send(kit, 'GET', path, from('https://ui.test'))
      expect([path, status >= 400, headers.get('access-control-allow-origin')]).toEqual([path, true, '*'])
    }
    const { headers } = await send(kit, 'HEAD', '/v2/', from('https://ui.test'))
    expect(headers.get('www-authenticate')).toContain('Basic')
  })
})
