/** Every way to log in, in every combination, by every right, on every endpoint: what may be done is done for real. */

import { hashSync } from 'bcryptjs'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { htpasswd } from '../../src/auth/htpasswd/index.ts'
import { bearer as bearerAuth, oidc, tokenService } from '../../src/auth/tokens/index.ts'
import {
  type Access,
  type Auth,
  type Authenticator,
  anonymous,
  apiKeys,
  basic as basicAuth,
  createApiKey,
  firstOf,
  masterPassword,
  memory,
  ocikit,
  open,
  policy,
  RegistryError,
  type Rights,
  throttle,
  users,
} from '../../src/index.ts'
import { basic, send } from '../server/http.ts'
import { ENDPOINTS, expected, type Headers, listOf, ruleOf, stage, told } from './matrix.ts'
import { bearer } from './tokens/client.ts'

const HASH = hashSync('secret', 4)
const { key: KEY, record: RECORD } = await createApiKey({ name: 'ci', subject: 'ann' })
const ANN = basic('ann', 'secret')

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const KEYS = { keys: [{ ...(await exportJWK(publicKey)), kid: '1', alg: 'ES256' }] }
const signed = (claims: object) =>
  new SignJWT({ iss: 'https://ci.example', aud: 'registry.example', sub: 'ann', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: '1' })
    .setExpirationTime('1h')
    .sign(privateKey)
const JOB = await signed({ repository: 'me/app' })
const CI = oidc({
  issuer: 'https://ci.example',
  audience: 'registry.example',
  keys: KEYS,
  rules: [{ claims: { repository: 'me/app' }, subject: 'ann' }],
})

/** Each knows ann by these credentials. */
const LOGINS: Record<string, { login: Authenticator; headers: Headers }> = {
  users: {
    login: users([
      { name: 'bob', password: 'x' },
      { name: 'ann', password: 'secret' },
    ]),
    headers: ANN,
  },
  htpasswd: { login: htpasswd(`bob:${hashSync('x', 4)}\nann:${HASH}\n`), headers: ANN },
  'master password': { login: masterPassword('secret'), headers: ANN },
  'a key as password': {
    login: apiKeys((id) => (id === RECORD.id ? RECORD : null)),
    headers: basic('any', KEY),
  },
  'a key as token': { login: apiKeys((id) => (id === RECORD.id ? RECORD : null)), headers: bearer(KEY) },
  'a check of one’s own': {
    login: basicAuth(async (name, password) => (password === 'secret' ? { name } : null)),
    headers: ANN,
  },
  'an identity of CI as password': { login: CI, headers: basic('any', JOB) },
  'an identity of CI as token': { login: CI, headers: bearer(JOB) },
  'a throttled login': {
    login: throttle(users([{ name: 'ann', password: 'secret' }]), { failures: 1000 }),
    headers: ANN,
  },
  'a scheme of one’s own': {
    login: {
      async authenticate(request) {
        const given = request.headers.get('authorization')
        if (given === null) return null
        if (given !== 'Key 1234') throw new RegistryError('UNAUTHORIZED', 'no such key')
        return { name: 'ann' }
      },
      challenge: (realm) => `Key realm="${realm}"`,
    },
    headers: { authorization: 'Key 1234' },
  },
}

const DECORATORS: Record<string, (login: Authenticator) => Authenticator> = {
  plain: (login) => login,
  'first of two': (login) => firstOf(login, users([{ name: 'eve', password: 'other' }])),
  'second of two': (login) => firstOf(users([{ name: 'eve', password: 'other' }]), login),
  'nested and boxed': (login) => firstOf(firstOf(), { ...firstOf(login) }),
}

const RIGHTS: readonly Rights[] = [
  'none',
  'read',
  'write',
  'read-write',
  'all',
  ['delete'],
  ['pull', 'delete'],
]

describe.each(Object.keys(LOGINS))('%s', (name) => {
  const { login, headers } = LOGINS[name]!
  test.each(Object.keys(DECORATORS))('%s: every right on every endpoint', async (decorator) => {
    // What a decorator could lose is seen with two.
    for (const rights of decorator === 'plain' ? RIGHTS : (['read', 'write'] as const)) {
      const auth = { ...DECORATORS[decorator]!(login), authorize: ruleOf(rights) }
      expect(await told(auth, headers), String(rights)).toEqual(expected(listOf(rights), 403))
    }
  })

  test('anonymous beside it: with and without credentials, and never by a wrong password', async () => {
    for (const rights of ['none', 'read', 'read-write'] as const) {
      const auth = anonymous(rights, { ...login, authorize: ruleOf(['delete']) }, ['mine'])
      expect(await told(auth, {})).toEqual(expected(listOf(rights), 401))
      expect(await told(auth, headers)).toEqual(expected([...listOf(rights), 'delete'], 403))
      expect(await told(auth, basic('ann', 'wrong'))).toEqual(expected([], 401))
    }
  })

  test('hidden: as if there were nothing, on every endpoint and in the catalog', async () => {
    const rules = [
      { who: 'authenticated', repositories: 'mine', hide: 'all' },
      { who: 'user:ann', allow: 'all' },
    ] as const
    const auth = { ...login, authorize: policy({ rules }) }
    const known = (await told(auth, headers)).filter((line) => !line.startsWith('catalog'))
    expect(known).toEqual(expected([], 404).filter((line) => !line.startsWith('catalog')))
    expect(await told(auth, {})).toEqual(expected([], 401))
    const { kit } = await stage(auth, headers)
    const answer = await send(kit, 'GET', '/v2/_catalog', { headers })
    expect(JSON.parse(answer.text)).toEqual({ repositories: ['theirs'] })
  })

  test('a mount from where the caller may read: by name, and from anywhere', async () => {
    const rules = [
      { who: 'user:ann', repositories: 'mine', allow: 'write' },
      { who: 'user:ann', repositories: 'theirs', allow: 'read' },
    ] as const
    const it = await stage({ ...login, authorize: policy({ rules }) }, headers)
    for (const from of ['&from=theirs', ''])
      expect(await it.ask('POST', `mine/blobs/uploads/?mount=${it.secret}${from}`)).toBe(201)
    expect(await it.ask('POST', `theirs/blobs/uploads/?mount=${it.blob}&from=mine`)).toBe(403)
  })

  test('behind a token service: a token for everything it may do, and one for reading', async () => {
    for (const rights of ['read', 'read-write', 'all'] as const) {
      const service = tokenService({ login, authorize: ruleOf(rights), records: memory().records })
      const kit = ocikit({ storage: memory(), auth: service })
      const token = async (scope: string) => {
        const answer = await send(kit, 'GET', `/token?scope=${scope}`, { headers })
        return bearer((JSON.parse(answer.text) as { token: string }).token)
      }
      const all = await token('repository:mine:pull,push,delete%20registry:catalog:*')
      expect(await told(service, all)).toEqual(
        Object.entries(ENDPOINTS).map(
          ([each, { needs, ok }]) => `${each}: ${listOf(rights).includes(needs) ? ok : 403}`,
        ),
      )
      // What its owner may and it may not is 401: another token would help.
      const read = await told(service, await token('repository:mine:pull'))
      expect(read).toEqual(
        Object.entries(ENDPOINTS).map(
          ([each, { needs, ok }]) =>
            `${each}: ${needs === 'pull' ? ok : listOf(rights).includes(needs) ? 401 : 403}`,
        ),
      )
    }
  })
})

test('bearer(): what tokens of a service elsewhere grant, and 401 for the rest', async () => {
  const auth = bearerAuth({
    realm: 'https://auth.example/token',
    service: 'registry.example',
    issuer: 'https://ci.example',
    keys: KEYS,
  })
  for (const rights of ['none', 'read', 'write', 'read-write', 'all', ['delete']] as const) {
    const actions = listOf(rights).filter((right) => right !== 'catalog')
    const access = [
      { type: 'repository', name: 'mine', actions },
      ...(listOf(rights).includes('catalog') ? [{ type: 'registry', name: 'catalog', actions: ['*'] }] : []),
    ]
    expect(await told(auth, bearer(await signed({ access }))), String(rights)).toEqual(
      expected(listOf(rights), 401),
    )
  }
  expect(await told(auth, {})).toEqual(expected([], 401))
})

test('open(): fixed rights for whoever comes, and no way to log in', async () => {
  for (const rights of RIGHTS) {
    // Here everybody may read what is theirs, too, so that a mount succeeds.
    const may = listOf(rights)
    const lines = expected(may, 403).map((line) =>
      line.startsWith('mount') && may.includes('push') && may.includes('pull')
        ? line.replace('202', '201')
        : line,
    )
    expect(await told(open(rights), {}), String(rights)).toEqual(lines)
  }
})

test('a digest is readable through a repository that has it, and by whoever may read there', async () => {
  const auth = { ...LOGINS['users']!.login, authorize: ruleOf('all') }
  const it = await stage(auth, ANN)
  expect(await it.ask('GET', `mine/blobs/${it.secret}`)).toBe(404)
  expect(await it.ask('GET', `theirs/blobs/${it.secret}`)).toBe(403)
  const asked: Access[] = []
  const spying: Auth = {
    ...auth,
    authorize: (access, context) => {
      asked.push(access)
      return auth.authorize(access, context)
    },
  }
  const other = await stage(spying, ANN)
  await other.ask('POST', `mine/blobs/uploads/?mount=${other.secret}&from=theirs`)
  expect(asked).toContainEqual({ type: 'repository', name: 'theirs', action: 'pull' })
})
