import { describe, expect, test } from 'vitest'
import { memory, ocikit, users } from '../../src/index.ts'
import { basic, digestOf, errorIn, HOST, pushBlob, send } from './http.ts'

const D = digestOf('x')
const list = [
  { name: 'ann', password: 'a:b:c' },
  { name: 'jörg', password: 'pässwörd €' },
  { name: 'blank', password: ' ' },
]
const kit = ocikit({ storage: memory(), auth: users(list), realm: 'My "own" \\ realm' })
const CHALLENGE = 'Basic realm="My \\"own\\" \\\\ realm", charset="UTF-8"'

/** Every endpoint, every method. */
const endpoints: [string, string][] = [
  ['GET', '/v2/'],
  ['HEAD', '/v2'],
  ['GET', '/v2/_catalog'],
  ['GET', '/v2/a/tags/list'],
  ['GET', '/v2/a/_oci/ext/discover'],
  ['GET', `/v2/a/referrers/${D}`],
  ...['GET', 'HEAD', 'DELETE'].map((method): [string, string] => [method, `/v2/a/blobs/${D}`]),
  ...['GET', 'HEAD', 'PUT', 'DELETE'].map((method): [string, string] => [method, '/v2/a/manifests/x']),
  ['POST', '/v2/a/blobs/uploads/'],
  ['POST', `/v2/a/blobs/uploads/?mount=${D}&from=b`],
  ...['GET', 'PATCH', 'PUT', 'DELETE'].map((method): [string, string] => [method, '/v2/a/blobs/uploads/x']),
]

/** Every way to have no right to anything; the last two are anonymous. */
const wrong: Record<string, string> = {
  'a wrong password': basic('ann', 'wrong')['authorization']!,
  'an unknown user': basic('bob', 'a:b:c')['authorization']!,
  'a password up to its colon': basic('ann', 'a')['authorization']!,
  'another scheme': 'Bearer abc',
  'no scheme': 'abc',
  'Basic without credentials': 'Basic',
  'no base64': 'Basic ***',
  'base64 of odd length': 'Basic YWJjZ',
  'no colon': `Basic ${btoa('ann')}`,
  'bytes that are not UTF-8': `Basic ${btoa('ann:\xff')}`,
  'the empty pair': `Basic ${btoa(':')}`,
  'an empty header': '',
}

describe('users(): HTTP Basic (RFC 7617)', () => {
  test.each(endpoints)('anonymous: %s %s is 401 with the challenge, quotes escaped', async (method, path) => {
    const answer = await send(kit, method, path)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE)
    if (method === 'HEAD') expect(answer.text).toBe('')
    else expect(errorIn(answer).code).toBe('UNAUTHORIZED')
  })

  for (const [name, authorization] of Object.entries(wrong)) {
    test(`${name}: 401 with the challenge on every endpoint`, async () => {
      for (const [method, path] of endpoints) {
        const answer = await send(kit, method, path, { headers: { authorization } })
        expect([answer.status, method, path]).toEqual([401, method, path])
        expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE)
        expect(answer.text).not.toMatch(/a:b:c|wrong"/)
      }
    })
  }

  test.each(list)('$name may do everything', async ({ name, password }) => {
    const headers = basic(name, password)
    expect((await send(kit, 'GET', '/v2/', { headers })).status).toBe(200)
    const { location } = await pushBlob(kit, 'a', `blob of ${name.length}`, { headers })
    expect((await send(kit, 'DELETE', location, { headers })).status).toBe(202)
    expect((await send(kit, 'GET', '/v2/_catalog', { headers })).status).toBe(200)
  })

  test('the scheme is spelled in any case, and the base64 of clients without padding is taken', async () => {
    const value = basic('ann', 'a:b:c')['authorization']!.slice('Basic '.length)
    for (const authorization of [`bAsIc ${value}`, `BASIC   ${value}`, `Basic ${value.replaceAll('=', '')}`])
      expect((await send(kit, 'GET', '/v2/', { headers: { authorization } })).status).toBe(200)
  })

  test('nobody in the list: nobody gets in, not even with empty credentials', async () => {
    const closed = ocikit({ storage: memory(), auth: users([]) })
    for (const headers of [{}, basic('', ''), basic('', 'x'), basic('undefined', 'undefined')])
      expect((await send(closed, 'GET', '/v2/', { headers })).status).toBe(401)
  })

  test.each([
    ['an empty password', [{ name: 'ann', password: '' }]],
    ['a password from a missing variable', [{ name: 'ann', password: undefined as unknown as string }]],
    ['no name', [{ name: '', password: 'x' }]],
    ['a name with a colon, which Basic cannot say', [{ name: 'a:b', password: 'x' }]],
    ['a name that comes twice', [list[0]!, { name: 'ann', password: 'x' }]],
  ])('%s is a TypeError that shows no password', (_, wrong) => {
    expect(() => users(wrong)).toThrow(TypeError)
    expect(() => users(wrong)).not.toThrow(/a:b:c/)
  })

  test('a path that is nothing is told so before anybody is asked to log in', async () => {
    expect((await send(kit, 'GET', '/v2/nothing/here')).status).toBe(404)
    expect((await kit.fetch(new Request(`${HOST}/elsewhere`))).status).toBe(404)
  })
})
