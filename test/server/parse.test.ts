import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isDigest, isName, isTag, RegistryError } from '../../src/oci/index.ts'
import { parseRequest } from '../../src/server/parse.ts'
import { faultOf } from '../oci/fault.ts'

const D = `sha256:${'a'.repeat(64)}`

/** Method, path, and what it is. */
const good: [string, string, object][] = [
  ['GET', '/v2', { endpoint: 'ping' }],
  ['HEAD', '/v2/', { endpoint: 'ping' }],
  ['GET', '/v2/_catalog', { endpoint: 'catalog' }],
  ['GET', '/v2/_oci/ext/discover', { endpoint: 'extensions' }],
  ['GET', '/v2/a/_oci/ext/discover', { endpoint: 'extensions', name: 'a' }],
  ['GET', '/v2/a/tags/list', { endpoint: 'tags', name: 'a' }],
  ['GET', `/v2/a/referrers/${D}`, { endpoint: 'referrers', name: 'a', digest: D }],
  ['DELETE', `/v2/a/b/blobs/${D}`, { endpoint: 'blob', name: 'a/b', digest: D }],
  ['GET', `/v2/a/blobs/${D.replace(':', '%3A')}`, { endpoint: 'blob', name: 'a', digest: D }],
  ['GET', `/v2/a%2Fb/blobs/${D}`, { endpoint: 'blob', name: 'a/b', digest: D }],
  ['PUT', '/v2/a/manifests/latest', { endpoint: 'manifest', name: 'a', reference: 'latest' }],
  ['HEAD', `/v2/a/manifests/${D}`, { endpoint: 'manifest', name: 'a', reference: D }],
  ['POST', '/v2/a/blobs/uploads', { endpoint: 'uploads', name: 'a' }],
  ['POST', '/v2/a/blobs/uploads/', { endpoint: 'uploads', name: 'a' }],
  ['PATCH', '/v2/a/blobs/uploads/x', { endpoint: 'upload', name: 'a', id: 'x' }],
  ['GET', '/v2/foo/blobs/manifests/latest', { endpoint: 'manifest', name: 'foo/blobs', reference: 'latest' }],
  ['POST', '/v2/a/blobs/uploads/blobs/uploads/', { endpoint: 'uploads', name: 'a/blobs/uploads' }],
  ['GET', '/v2/tags/list/tags/list', { endpoint: 'tags', name: 'tags/list' }],
  ['GET', '/v2/v2/v2/tags/list', { endpoint: 'tags', name: 'v2/v2' }],
]

/** Method, path, code, status. */
const bad: [string, string, string, number][] = [
  ['GET', '/', 'NOT_FOUND', 404],
  ['GET', '/v1/', 'NOT_FOUND', 404],
  ['GET', '/v2x', 'NOT_FOUND', 404],
  ['GET', '/v2//', 'NOT_FOUND', 404],
  ['GET', '/v2/a', 'NOT_FOUND', 404],
  ['GET', '/v2/tags/list', 'NOT_FOUND', 404],
  ['GET', '/v2/a/tags/list/', 'NOT_FOUND', 404],
  ['GET', '/v2/a/blobs/', 'NOT_FOUND', 404],
  ['GET', '/v2/a/manifests/', 'NOT_FOUND', 404],
  ['GET', '/v2/_catalog/', 'NOT_FOUND', 404],
  ['GET', '/v2/A/tags/list', 'NAME_INVALID', 400],
  ['GET', '/v2//a/tags/list', 'NAME_INVALID', 400],
  ['GET', '/v2/a/../b/tags/list', 'NAME_INVALID', 400],
  ['GET', '/v2/_catalog/tags/list', 'NAME_INVALID', 400],
  ['GET', `/v2/${'a'.repeat(256)}/tags/list`, 'NAME_INVALID', 400],
  ['GET', '/v2/a%00/tags/list', 'NAME_INVALID', 400],
  ['GET', '/v2/a%252Fb/tags/list', 'NAME_INVALID', 400],
  ['GET', '/v2/%/tags/list', 'NAME_INVALID', 400],
  ['GET', '/v2/%ff/tags/list', 'NAME_INVALID', 400],
  ['GET', `/v2/${'a/'.repeat(5000)}tags/list`, 'NAME_INVALID', 414],
  ['GET', '/v2/a/blobs/latest', 'DIGEST_INVALID', 400],
  ['GET', '/v2/a/referrers/sha256:x', 'DIGEST_INVALID', 400],
  ['GET', '/v2/a/manifests/sha256:x', 'DIGEST_INVALID', 400],
  ['GET', '/v2/a/manifests/-x', 'TAG_INVALID', 400],
  ['GET', `/v2/a/manifests/${'x'.repeat(129)}`, 'TAG_INVALID', 400],
]

describe('a path is read from its right-hand end', () => {
  for (const [method, path, expected] of good) {
    test(`${method} ${path.slice(0, 60)}`, () => expect(parseRequest(method, path)).toEqual(expected))
  }
  for (const [method, path, code, status] of bad) {
    test(`${method} ${path.slice(0, 60)} is ${code}`, () => {
      expect(faultOf(() => parseRequest(method, path))).toMatchObject({ code, status })
    })
  }
})

describe('a method that does not fit is 405 with Allow (RFC 9110 section 15.5.6)', () => {
  const allowed: [string, string][] = [
    ['/v2/', 'GET, HEAD'],
    ['/v2/_catalog', 'GET, HEAD'],
    ['/v2/a/tags/list', 'GET, HEAD'],
    [`/v2/a/referrers/${D}`, 'GET, HEAD'],
    [`/v2/a/blobs/${D}`, 'GET, HEAD, DELETE'],
    ['/v2/a/manifests/x', 'GET, HEAD, PUT, DELETE'],
    ['/v2/a/blobs/uploads/', 'POST'],
    ['/v2/a/blobs/uploads/x', 'GET, HEAD, PATCH, PUT, DELETE'],
  ]
  for (const [path, allow] of allowed) {
    test(path.slice(0, 40), () => {
      for (const method of [
        'GET',
        'HEAD',
        'POST',
        'PATCH',
        'PUT',
        'DELETE',
        'OPTIONS',
        'PROPFIND',
        'get',
        '',
      ]) {
        if (allow.split(', ').includes(method)) continue
        const fault = faultOf(() => parseRequest(method, path))
        expect(fault).toMatchObject({ code: 'UNSUPPORTED', status: 405, headers: { allow } })
      }
    })
  }

  test('what is switched off is not in Allow', () => {
    const fault = faultOf(() => parseRequest('DELETE', `/v2/a/blobs/${D}`, () => ['DELETE']))
    expect(fault).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  })

  test('the method comes before the name: an odd method on a bad name is 405', () => {
    expect(faultOf(() => parseRequest('POST', '/v2/A/tags/list')).status).toBe(405)
  })
})

test('any path is a request whose parts are valid, or an error for clients', () => {
  const words = [
    'v2',
    '_catalog',
    'blobs',
    'uploads',
    'manifests',
    'tags',
    'list',
    'referrers',
    D,
    '',
    '..',
    '%2F',
  ]
  const segment = fc.oneof(
    fc.constantFrom(...words, 'a', 'latest', 'A', '%', '%zz'),
    fc.string({ maxLength: 5 }),
  )
  const path = fc.oneof(
    fc.string(),
    fc.array(segment, { maxLength: 8 }).map((list) => `/v2/${list.join('/')}`),
    fc.array(segment, { maxLength: 4 }).map((list) => `/v2/a/${list.join('/')}`),
  )
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE')
  let requests = 0
  fc.assert(
    fc.property(method, path, (verb, text) => {
      try {
        const api = parseRequest(verb, text)
        requests++
        if ('name' in api && api.name !== undefined) expect(isName(api.name), text).toBe(true)
        if ('digest' in api) expect(isDigest(api.digest), text).toBe(true)
        if ('reference' in api) expect(isDigest(api.reference) || isTag(api.reference), text).toBe(true)
        if ('id' in api) expect(api.id).not.toMatch(/^$|\//)
      } catch (error) {
        expect(error, text).toBeInstanceOf(RegistryError)
        expect((error as RegistryError).status).toBeLessThan(500)
      }
    }),
    { numRuns: 2000 },
  )
  expect(requests).toBeGreaterThan(20)
})
