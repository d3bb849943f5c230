/** Every way to log in, in every combination, by every right, on every endpoint: what may be done is done for real. */

import { hashSync } from 'bcryptjs'
import { describe, expect, test } from 'vitest'
import { htpasswd } from '../../src/auth/htpasswd/index.ts'
import { tokenService } from '../../src/auth/tokens/index.ts'
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
  type Ocikit,
  ocikit,
  open,
  policy,
  type Rights,
  type RightsAction,
  users,
} from '../../src/index.ts'
import {
  basic,
  digestOf,
  emptyIndex,
  INDEX,
  locationOf,
  pushBlob,
  pushIndex,
  send,
  withDigest,
} from '../server/http.ts'
import { bearer } from './tokens/client.ts'

type Headers = Record<string, string>

const HASH = hashSync('secret', 4)
const { key: KEY, record: RECORD } = await createApiKey({ name: 'ci', subject: 'ann' })
const ANN = basic('ann', 'secret')
const SUBJECT_DIGEST = digestOf('a subject')

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

/** What each request is, and what a caller with the right gets. */
const ENDPOINTS: Record<string, { needs: RightsAction; ok: number; run: (it: Stage) => Promise<number> }> = {
  'HEAD manifest': { needs: 'pull', ok: 200, run: (it) => it.ask('HEAD', 'mine/manifests/1') },
  'GET manifest': { needs: 'pull', ok: 200, run: (it) => it.ask('GET', 'mine/manifests/1') },
  'GET manifest by digest': {
    needs: 'pull',
    ok: 200,
    run: (it) => it.ask('GET', `mine/manifests/${it.manifest}`),
  },
  'HEAD blob': { needs: 'pull', ok: 200, run: (it) => it.ask('HEAD', `mine/blobs/${it.blob}`) },
  'GET blob': { needs: 'pull', ok: 200, run: (it) => it.ask('GET', `mine/blobs/${it.blob}`) },
  tags: { needs: 'pull', ok: 200, run: (it) => it.ask('GET', 'mine/tags/list') },
  referrers: { needs: 'pull', ok: 200, run: (it) => it.ask('GET', `mine/referrers/${SUBJECT_DIGEST}`) },
  extensions: { needs: 'pull', ok: 200, run: (it) => it.ask('GET', 'mine/_oci/ext/discover') },
  catalog: { needs: 'catalog', ok: 200, run: (it) => it.ask('GET', '_catalog') },
  'start an upload': { needs: 'push', ok: 202, run: (it) => it.ask('POST', 'mine/blobs/uploads/') },
  'a whole blob': {
    needs: 'push',
    ok: 201,
    run: (it) => it.ask('POST', `mine/blobs/uploads/?digest=${digestOf('w')}`, 'w'),
  },
  'status of an upload': { needs: 'push', ok: 204, run: async (it) => it.ask('GET', await it.upload()) },
  chunk: { needs: 'push', ok: 202, run: async (it) => it.ask('PATCH', await it.upload(), 'c') },
  'finish an upload': {
    needs: 'push',
    ok: 201,
    run: async (it) => it.ask('PUT', withDigest(await it.upload(), digestOf('f')), 'f'),
  },
  'cancel an upload': { needs: 'push', ok: 204, run: async (it) => it.ask('DELETE', await it.upload()) },
  'PUT manifest': { needs: 'push', ok: 201, run: (it) => it.ask('PUT', 'mine/manifests/2', emptyIndex('2')) },
  'mount of what may not be read': {
    needs: 'push',
    ok: 202,
    run: (it) => it.ask('POST', `mine/blobs/uploads/?mount=${it.secret}&from=theirs`),
  },
  'mount from anywhere of what may not be read': {
    needs: 'push',
    ok: 202,
    run: (it) => it.ask('POST', `mine/blobs/uploads/?mount=${it.secret}`),
  },
  'DELETE tag': { needs: 'delete', ok: 202, run: (it) => it.ask('DELETE', 'mine/manifests/doomed') },
  'DELETE blob': { needs: 'delete', ok: 202, run: (it) => it.ask('DELETE', `mine/blobs/${it.doomed}`) },
}

interface Stage {
  readonly blob: string
  readonly manifest: string
  readonly secret: string
  readonly doomed: string
  ask(method: string, path: string, body?: string): Promise<number>
  /** Where an upload of the caller's stands; for those who may not, an address of the same form. */
  upload(): Promise<string>
}

async function stage(auth: Auth, headers: Headers): Promise<Stage & { kit: Ocikit }> {
  const storage = memory()
  const owner = ocikit({ storage, auth: open() })
  const kit = ocikit({ storage, auth })
  const { digest: blob } = await pushBlob(owner, 'mine', 'b')
  const { digest: doomed } = await pushBlob(owner, 'mine', 'd')
  const { digest: secret } = await pushBlob(owner, 'theirs', 'secret')
  const manifest = (await pushIndex(owner, 'mine', '1')).headers.get('docker-content-digest')!
  await pushIndex(owner, 'mine', 'doomed')
  const at = (path: string) => (path.startsWith('/') ? path : `/v2/${path}`)
  return {
    kit,
    blob,
    doomed,
    secret,
    manifest,
    ask: async (method, path, body) =>
      (
        await send(kit, method, at(path), {
          headers: path.includes('/manifests/') ? { 'content-type': INDEX, ...headers } : headers,
          ...(body !== undefined && { body }),
        })
      ).status,
    async upload() {
      const started = await send(kit, 'POST', '/v2/mine/blobs/uploads/', { headers })
      return started.status === 202 ? locationOf(started) : '/v2/mine/blobs/uploads/guessed'
    },
  }
}

/** Ann has the rights in `mine`; nobody else anything anywhere. */
const ruleOf = (rights: Rights) => {
  const catalog = listOf(rights).filter((right) => right === 'catalog')
  return policy({
    rules: [
      { who: 'user:ann', repositories: 'mine', allow: rights },
      { who: 'user:ann', allow: catalog },
    ],
  })
}

async function told(auth: Auth, headers: Headers): Promise<string[]> {
  const it = await stage(auth, headers)
  const lines: string[] = []
  for (const [name, { run }] of Object.entries(ENDPOINTS)) lines.push(`${name}: ${await run(it)}`)
  return lines
}

function expected(rights: readonly RightsAction[], refused: number): string[] {
  return Object.entries(ENDPOINTS).map(
    ([name, { needs, ok }]) => `${name}: ${rights.includes(needs) ? ok : refused}`,
  )
}

const LISTS: Record<string, readonly RightsAction[]> = {
  none: [],
  read: ['pull'],
  write: ['push'],
  'read-write': ['pull', 'push'],
  all: ['pull', 'push', 'delete', 'catalog'],
}
const listOf = (rights: Rights) => (typeof rights === 'string' ? LISTS[rights]! : rights)

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
