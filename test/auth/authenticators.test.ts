import { compare, hashSync } from 'bcryptjs'
import { describe, expect, test, vi } from 'vitest'
import { htpasswd, parseHtpasswd } from '../../src/auth/htpasswd/index.ts'
import {
  type Access,
  type Auth,
  type Authenticator,
  anonymousPull,
  apiKeys,
  basic as basicAuth,
  firstOf,
  limitedTo,
  masterPassword,
  memory,
  ocikit,
  open,
  RegistryError,
  throttle,
  users,
} from '../../src/index.ts'
import { basic, errorIn, HOST, pushIndex, send } from '../server/http.ts'
import { bearer, challengeOf } from './tokens/client.ts'

vi.mock('bcryptjs', { spy: true })

const all = (login: Authenticator): Auth => ({
  ...login,
  authorize: (_, { subject }) => (subject ? 'allow' : 'deny'),
})
const serve = (login: Authenticator) => ocikit({ storage: memory(), auth: all(login) })
const status = async (kit: ReturnType<typeof serve>, headers: Record<string, string>, path = '/v2/') =>
  (await send(kit, 'GET', path, { headers })).status

describe('users() with permissions', () => {
  const auth = users([
    { name: 'root', password: 'r' },
    { name: 'ann', password: 'a', permissions: { 'team/**': 'read-write', base: ['pull', 'delete'] } },
    { name: 'bob', password: 'b', permissions: {} },
  ])
  const kit = ocikit({ storage: memory(), auth })

  test('by globs, the union of all that match; without any everything', async () => {
    const ann = basic('ann', 'a')
    expect((await pushIndex(kit, 'team/a', '1', { headers: ann })).status).toBe(201)
    expect((await pushIndex(kit, 'base', '1', { headers: ann })).status).toBe(403)
    expect((await pushIndex(kit, 'base', '1', { headers: basic('root', 'r') })).status).toBe(201)
    expect((await send(kit, 'DELETE', '/v2/base/manifests/1', { headers: ann })).status).toBe(202)
    expect(await status(kit, basic('bob', 'b'))).toBe(200)
    expect(await status(kit, basic('bob', 'b'), '/v2/team/a/tags/list')).toBe(403)
    expect(await status(kit, ann, '/v2/_catalog')).toBe(403)
    expect(await status(kit, basic('root', 'r'), '/v2/_catalog')).toBe(200)
  })

  test('that make no sense are a TypeError', () => {
    const user = { name: 'ann', password: 'a' }
    expect(() => users([{ ...user, permissions: { 'A B': 'read' } }])).toThrow('"A B"')
    expect(() => users([{ ...user, permissions: { '**': 'reed' as 'read' } }])).toThrow(TypeError)
    expect(() => users([{ ...user, permissions: { '**': ['fly' as 'pull'] } }])).toThrow(TypeError)
    expect(() => open('toString' as 'all')).toThrow(TypeError)
  })
})

describe('masterPassword()', () => {
  test('lets in any name, which is the subject’s', async () => {
    const login = masterPassword('a:secret')
    const kit = serve(login)
    expect(await login.authenticate(new Request(HOST, { headers: basic('ann', 'a:secret') }))).toEqual({
      name: 'ann',
    })
    expect(await status(kit, basic('bob', 'a:secret'))).toBe(200)
    for (const pair of [basic('bob', 'a'), basic('', 'a:secret'), basic('', ''), {}])
      expect(await status(kit, pair)).toBe(401)
    expect(() => masterPassword('')).toThrow(TypeError)
  })
})

describe('firstOf()', () => {
  const one = users([{ name: 'ann', password: 'a' }])
  const two = users([{ name: 'bob', password: 'b' }])

  test('who is known to any comes in; who is known to none does not, nor as anonymous', async () => {
    const kit = ocikit({ storage: memory(), auth: anonymousPull(all(firstOf(one, two))) })
    const path = '/v2/a/tags/list'
    for (const headers of [basic('ann', 'a'), basic('bob', 'b'), {}, basic('', '')])
      expect(await status(kit, headers, path)).toBe(404)
    for (const headers of [basic('ann', 'b'), basic('bob', 'a'), basic('eve', 'e'), bearer('x')])
      expect(await status(kit, headers, path)).toBe(401)
  })

  test('an error of another kind ends the search: nobody speaks for who cannot be asked', async () => {
    const down: Authenticator = { ...one, authenticate: () => Promise.reject(new Error('db is down')) }
    expect(await status(serve(firstOf(down, two)), basic('bob', 'b'))).toBe(500)
    const busy: Authenticator = {
      ...one,
      authenticate: () => Promise.reject(new RegistryError('UNAVAILABLE', 'later')),
    }
    expect(await status(serve(firstOf(busy, two)), basic('bob', 'b'))).toBe(503)
  })

  test('the complaint is of the one that takes the scheme, the challenge of the first that has one', async () => {
    const keys = apiKeys(() => null)
    for (const list of [
      [keys, one],
      [one, keys],
    ]) {
      const answer = await send(serve(firstOf(...list)), 'GET', '/v2/', { headers: basic('ann', 'x') })
      expect(errorIn(answer).message).toContain('wrong user name or password')
    }
    const silent: Authenticator = { ...two, challenge: () => null }
    const own: Authenticator = { ...two, challenge: () => 'Own x="1"' }
    expect(
      (await send(serve(firstOf(silent, own, one)), 'GET', '/v2/')).headers.get('www-authenticate'),
    ).toBe('Own x="1"')
    expect((await send(serve(firstOf()), 'GET', '/v2/')).status).toBe(200)
  })

  test('all do the same work for an unknown user and for a wrong password', async () => {
    const asked: string[] = []
    const spy = (name: string, inner: Authenticator): Authenticator => ({
      ...inner,
      authenticate: (request) => {
        asked.push(name)
        return inner.authenticate(request)
      },
    })
    const kit = serve(firstOf(spy('one', one), spy('two', two)))
    await status(kit, basic('ann', 'wrong'))
    await status(kit, basic('nobody', 'wrong'))
    expect(asked).toEqual(['one', 'two', 'one', 'two'])
  })
})

describe('htpasswd()', () => {
  const line = (name: string, password: string) => `${name}:${hashSync(password, 4)}`

  test('bcrypt of every kind, colons in passwords, comments and empty lines', async () => {
    const kinds = ['2a', '2b', '2y'].map(
      (kind, i) => `u${i}:${hashSync('p:w', 4).replace(/^\$2\w/, `$${kind}`)}`,
    )
    const kit = serve(htpasswd(`# users\n\n${kinds.join('\r\n')}\n`))
    for (const name of ['u0', 'u1', 'u2']) expect(await status(kit, basic(name, 'p:w'))).toBe(200)
    for (const pair of [basic('u0', 'p'), basic('u9', 'p:w'), basic('#', 'users'), {}])
      expect(await status(kit, pair)).toBe(401)
  })

  test('a change takes effect with the next login: new, gone, another password', async () => {
    let text = `${line('ann', 'a')}\n${line('bob', 'b')}`
    const kit = serve(htpasswd(async () => text))
    expect(await status(kit, basic('ann', 'a'))).toBe(200)
    expect(await status(kit, basic('bob', 'b'))).toBe(200)
    text = `${line('ann', 'new')}\n${line('eve', 'e')}`
    expect(await status(kit, basic('ann', 'a'))).toBe(401)
    expect(await status(kit, basic('ann', 'new'))).toBe(200)
    expect(await status(kit, basic('bob', 'b'))).toBe(401)
    expect(await status(kit, basic('eve', 'e'))).toBe(200)
  })

  test('a right password is not checked again for a while', async () => {
    let now = 0
    const login = htpasswd(`ann:${hashSync('a', 10)}`, { now: () => now, remember: 1000 })
    const request = new Request(HOST, { headers: basic('ann', 'a') })
    const first = await login.authenticate(request)
    const again = await login.authenticate(request)
    expect(again).toBe(first)
    now = 2000
    expect(await login.authenticate(request)).not.toBe(first)
  })

  test.each([
    ['ann', 'line 1 is not name:hash'],
    ['ann:secret', 'line 1: the password is not kept with bcrypt'],
    ['# x\nann:$apr1$abc$def', 'line 2: the password is not kept with bcrypt'],
    [`ann:${hashSync('a', 4)}\nann:${hashSync('b', 4)}`, 'line 2: there are two users called "ann"'],
  ])('%j is told in one line without a secret', (text, message) => {
    expect(() => parseHtpasswd(text)).toThrow(message)
    expect(() => htpasswd(text)).toThrow(TypeError)
    expect(() => parseHtpasswd(text)).not.toThrow(/secret|\$2|apr1/)
  })

  test('an unknown name costs what those of the file cost', async () => {
    const text = line('ann', 'a')
    const kit = serve(htpasswd(text))
    for (const name of ['ann', 'nobody']) {
      expect(await status(kit, basic(name, 'wrong'))).toBe(401)
      expect(compare).toHaveBeenLastCalledWith('wrong', text.slice('ann:'.length))
    }
    expect(await status(kit, basic('nobody', 'a'))).toBe(401)
  })

  test('too many checks at once are told to wait, and the others go on', async () => {
    const login = htpasswd(line('ann', 'a'))
    const tries = Array.from({ length: 80 }, (_, i) =>
      Promise.resolve(login.authenticate(new Request(HOST, { headers: basic('ann', `wrong ${i}`) }))).catch(
        (error: RegistryError) => error.status,
      ),
    )
    const seen = await Promise.all(tries)
    expect(new Set(seen)).toEqual(new Set([401, 429]))
    expect(await login.authenticate(new Request(HOST, { headers: basic('ann', 'a') }))).toEqual({
      name: 'ann',
    })
  })
})

describe('throttle()', () => {
  test('ends guessing for a name from an address, and holds up nobody else', async () => {
    let now = 0
    const auth = all(
      throttle(
        users([
          { name: 'ann', password: 'a' },
          { name: 'bob', password: 'b' },
        ]),
        { failures: 3, per: 60_000, now: () => now },
      ),
    )
    const kit = ocikit({ storage: memory(), auth })
    const from = async (address: string, headers: Record<string, string>) => {
      const response = await kit.fetch(new Request(`${HOST}/v2/`, { headers }), undefined, { address })
      return [response.status, response.headers.get('retry-after')]
    }
    for (let i = 0; i < 3; i++) expect((await from('1.1.1.1', basic('ann', `${i}`)))[0]).toBe(401)
    expect(await from('1.1.1.1', basic('ann', '3'))).toEqual([429, '60'])
    expect((await from('1.1.1.1', basic('ann', 'a')))[0]).toBe(429)
    expect((await from('1.1.1.1', basic('bob', 'b')))[0]).toBe(200)
    expect((await from('2.2.2.2', basic('ann', 'a')))[0]).toBe(200)
    expect((await from('1.1.1.1', {}))[0]).toBe(401)
    // All of a network of 64 bits may be one client.
    for (let i = 0; i < 3; i++) expect((await from(`2001:db8::${i}`, basic('ann', `${i}`)))[0]).toBe(401)
    expect((await from('2001:db8::9', basic('ann', '3')))[0]).toBe(429)
    expect((await from('2001:db8:0:1::9', basic('ann', 'a')))[0]).toBe(200)
    now = 60_000
    expect((await from('1.1.1.1', basic('ann', 'a')))[0]).toBe(200)
  })
})

test('throttle() counts guesses that are made at once, and keeps no name that is none', async () => {
  const login = throttle(
    basicAuth(async () => null),
    { failures: 3 },
  )
  const guess = (name: string) =>
    Promise.resolve(login.authenticate(new Request(HOST, { headers: basic(name, 'x') }))).catch(
      (error: RegistryError) => error.status,
    )
  for (const name of [() => 'ann', (i: number) => `${'a'.repeat(300)}${i}`]) {
    expect(await Promise.all([0, 1, 2].map((i) => guess(name(i))))).toEqual([401, 401, 401])
    expect(await guess(name(3))).toBe(429)
  }
  expect(await guess('bob')).toBe(401)
})

test('limitedTo(): twice is less, not the second alone', async () => {
  const only = (name: string) => ({ renewable: false, covers: (access: Access) => access.name === name })
  const auth: Auth = {
    ...open(),
    authenticate: () => limitedTo(limitedTo({ name: 'ann' }, only('a')), only('b')),
  }
  const kit = ocikit({ storage: memory(), auth })
  for (const name of ['a', 'b']) expect(await status(kit, {}, `/v2/${name}/tags/list`)).toBe(403)
})

test('limitedTo(): credentials of one’s own may do less than their owner, and 401 or 403 says whether others help', async () => {
  for (const [renewable, expected] of [
    [true, 401],
    [false, 403],
  ] as const) {
    const login = users([{ name: 'ann', password: 'a' }])
    const auth: Auth = {
      ...login,
      authenticate: async (request) => {
        const subject = await login.authenticate(request)
        return subject && { ...limitedTo(subject, { renewable, covers: ({ action }) => action === 'pull' }) }
      },
    }
    const kit = ocikit({ storage: memory(), auth })
    expect(await status(kit, basic('ann', 'a'), '/v2/a/tags/list')).toBe(404)
    const push = await pushIndex(kit, 'a', '1', { headers: basic('ann', 'a') })
    expect(push.status).toBe(expected)
    expect(challengeOf(push).scheme).toBe(renewable ? 'Basic' : '')
  }
})
