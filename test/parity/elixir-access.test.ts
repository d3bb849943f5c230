/** Whoever comes from an Elixir plug for registries: what adapters are told, and auth of one's own. */

import { describe, expect, test } from 'vitest'
import {
  type Access,
  type Auth,
  type Context,
  createStore,
  memory,
  open,
  passThrough,
  policy,
  users,
} from '../../src/index.ts'
import * as oci from '../../src/oci/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import * as content from './content.ts'
import { digestOf, imageOf, pushBlob, pushImage, refusal } from './content.ts'

const image = imageOf('an image')

describe('tells every call of storage and of auth what the request is about', () => {
  test('storage: endpoint, method, repository, resource, subject', async () => {
    const calls: { method: string; context: Context | undefined }[] = []
    const storage = observed(memory(), (method, context) => calls.push({ method, context }))
    const auth = users([{ name: 'ann', password: 'secret' }])
    await using registry = testRegistry({ storage, auth })
    const ann = content.basic('ann', 'secret')
    await pushImage(registry, 'deep/a', '1', image, ann)
    await registry.fetch('/v2/deep/a/manifests/1', { headers: ann })
    await registry.fetch('/v2/deep/a/tags/list', { headers: ann })
    expect(calls.length).toBeGreaterThan(10)
    expect(calls.filter(({ context }) => context === undefined).map(({ method }) => method)).toEqual([])
    expect(new Set(calls.map(({ context }) => context?.subject?.name))).toEqual(new Set(['ann']))
    expect(new Set(calls.map(({ context }) => context?.action.repository))).toEqual(new Set(['deep/a']))
    expect(new Set(calls.map(({ context }) => context?.action.endpoint))).toEqual(
      new Set(['uploads', 'manifest', 'tags']),
    )
    const put = calls.find(({ context }) => context?.action.method === 'PUT')
    expect(put?.context?.action).toEqual({
      endpoint: 'manifest',
      method: 'PUT',
      repository: 'deep/a',
      resource: '1',
    })
    // Five requests, five ids.
    expect(new Set(calls.map(({ context }) => context?.requestId)).size).toBe(5)
  })

  test('auth: the same, and the source of a mount', async () => {
    const asked: { access: Access; context: Context }[] = []
    const auth: Auth = {
      ...open(),
      authorize(access, context) {
        asked.push({ access, context })
        return 'allow'
      },
    }
    await using registry = testRegistry({ auth })
    await pushBlob(registry, 'a', image.layer)
    asked.length = 0
    const path = `/v2/b/blobs/uploads/?mount=${digestOf(image.layer)}&from=a`
    expect((await registry.fetch(path, { method: 'POST' })).status).toBe(201)
    expect(asked.map(({ access }) => access)).toEqual([
      { type: 'repository', name: 'b', action: 'push' },
      { type: 'repository', name: 'a', action: 'pull' },
    ])
    const action = { endpoint: 'uploads', method: 'POST', repository: 'b', from: 'a' }
    expect(asked.map(({ context }) => context.action)).toEqual([action, action])
  })
})

test('a registry around another one is told the same, with each call', async () => {
  const told: (Context | undefined)[] = []
  const store = createStore({ storage: memory() })
  const watched = passThrough(store, {
    resolveManifest: (repo, reference, options) => {
      told.push(options?.context)
      return store.resolveManifest(repo, reference, options)
    },
  })
  const auth = users([{ name: 'ann', password: 'secret', groups: ['dev'] }])
  await using registry = testRegistry({ registry: watched, auth })
  const ann = { ...content.basic('ann', 'secret'), 'user-agent': 'a client' }
  const asked = await registry.fetch('/v2/a/manifests/1', { method: 'HEAD', headers: ann })
  expect(asked.status).toBe(404)
  expect(told).toMatchObject([
    {
      subject: { name: 'ann', groups: ['dev'] },
      action: { endpoint: 'manifest', method: 'HEAD', repository: 'a', resource: '1' },
      client: { agent: 'a client' },
      requestId: expect.any(String),
    },
  ])
})

describe('static users have rights', () => {
  const ann = content.basic('ann', 'secret')
  const status = async (auth: Auth, repo: string, headers: Record<string, string>) => {
    await using registry = testRegistry({ auth })
    const pulled = await registry.fetch(`/v2/${repo}/manifests/1`, { headers })
    const pushed = await pushBlob(registry, repo, image.layer, headers)
    return [pulled.status, pushed.status]
  }

  test('by permissions for each repository', async () => {
    const auth = users([
      { name: 'ann', password: 'secret', permissions: { 'red/*': 'read-write', 'blue/app': 'read' } },
    ])
    expect(await status(auth, 'red/app', ann)).toEqual([404, 201])
    expect(await status(auth, 'blue/app', ann)).toEqual([404, 403])
    expect(await status(auth, 'green/app', ann)).toEqual([403, 403])
    expect(await status(auth, 'red/app', {})).toEqual([401, 401])
  })

  test('by delete and catalog, apart from the others', async () => {
    const auth = users([
      { name: 'ann', password: 'secret', permissions: { '**': ['pull', 'push'] } },
      { name: 'bob', password: 'secret', permissions: { 'red/**': 'all', '**': ['catalog'] } },
    ])
    await using registry = testRegistry({ auth })
    const bob = content.basic('bob', 'secret')
    for (const repo of ['blue/app', 'red/app']) await pushImage(registry, repo, '1', image, ann)
    const remove = async (repo: string, headers: Record<string, string>) =>
      (await registry.fetch(`/v2/${repo}/manifests/1`, { method: 'DELETE', headers })).status
    expect(await remove('red/app', ann)).toBe(403)
    expect((await registry.fetch('/v2/_catalog', { headers: ann })).status).toBe(403)
    const catalog = await registry.fetch('/v2/_catalog', { headers: bob })
    expect(await catalog.json()).toEqual({ repositories: ['red/app'] })
    expect([await remove('red/app', bob), await remove('blue/app', bob)]).toEqual([202, 403])
  })

  test('by globs, groups and a default rule', async () => {
    const login = users([{ name: 'ann', password: 'secret', groups: ['dev'] }])
    const rules = [
      { who: 'group:dev', repositories: 'red/**', allow: 'read-write' },
      { who: 'everyone', repositories: 'public/*', allow: 'read' },
    ] as const
    const auth: Auth = { ...login, authorize: policy({ rules, default: 'hide' }) }
    expect(await status(auth, 'red/a/b', ann)).toEqual([404, 201])
    expect(await status(auth, 'public/a', {})).toEqual([404, 401])
    const hidden = testRegistry({ auth })
    const answer = await hidden.fetch('/v2/green/app/manifests/1', { headers: ann })
    expect(await refusal(answer)).toEqual([404, 'NAME_UNKNOWN'])
  })
})

describe('takes an auth adapter of your own', () => {
  const auth: Auth = {
    authenticate(request) {
      const header = request.headers.get('authorization')
      if (header === null) return null
      if (header !== 'Key 1234')
        throw new oci.RegistryError('UNAUTHORIZED', 'no such key', { detail: { hint: 'ask' } })
      return { name: 'key:1234', tenant: 'red', since: new Date(0) }
    },
    async authorize(access, { subject }) {
      if (access.type !== 'repository') return 'deny'
      if (access.name.startsWith('hidden/')) return 'hide'
      return access.name.split('/')[0] === subject?.['tenant'] ? 'allow' : 'deny'
    },
    challenge: (realm, accesses) => {
      const scope = accesses.map((access) => `${access.type}:${access.name}:${access.action}`).join(' ')
      return `Key realm="${realm}"${scope && `,scope="${scope}"`}`
    },
  }
  const key = { authorization: 'Key 1234' }

  test('any scheme, any subject, decisions by repository', async () => {
    await using registry = testRegistry({ auth, realm: 'Keys' })
    await pushImage(registry, 'red/app', '1', image, key)
    expect((await registry.fetch('/v2/red/app/manifests/1', { headers: key })).status).toBe(200)
    expect(await refusal(await registry.fetch('/v2/blue/app/manifests/1', { headers: key }))).toEqual([
      403,
      'DENIED',
    ])
    expect(await refusal(await registry.fetch('/v2/hidden/a/manifests/1', { headers: key }))).toEqual([
      404,
      'NAME_UNKNOWN',
    ])
    expect((await registry.fetch('/v2/_catalog', { headers: key })).status).toBe(403)
  })

  test('made of what it needs, once, for any number of registries', async () => {
    let opened = 0
    const openAuth = async (secret: string): Promise<Auth> => {
      opened++
      return {
        ...auth,
        authenticate: ({ headers }) => (headers.get('x-key') === secret ? { name: 'x' } : null),
      }
    }
    const shared = await openAuth('1234')
    for (const registry of [testRegistry({ auth: shared }), testRegistry({ auth: shared })]) {
      for (const [secret, status] of [
        ['1234', 200],
        ['4321', 401],
      ] as const)
        expect((await registry.fetch('/v2/', { headers: { 'x-key': secret } })).status).toBe(status)
    }
    expect(opened).toBe(1)
  })

  test('the challenge names what was asked for, on the ping and on every 401', async () => {
    await using registry = testRegistry({ auth, realm: 'Keys' })
    const challenge = async (path: string, init?: RequestInit) => {
      const response = await registry.fetch(path, init)
      return [response.status, response.headers.get('www-authenticate')]
    }
    expect(await challenge('/v2/')).toEqual([401, 'Key realm="Keys"'])
    expect(await challenge('/v2/red/app/tags/list')).toEqual([
      401,
      'Key realm="Keys",scope="repository:red/app:pull"',
    ])
    expect(await challenge('/v2/red/app/blobs/uploads/', { method: 'POST' })).toEqual([
      401,
      'Key realm="Keys",scope="repository:red/app:push"',
    ])
    const wrong = await registry.fetch('/v2/', { headers: { authorization: 'Key 4321' } })
    expect(wrong.headers.get('www-authenticate')).toBe('Key realm="Keys"')
    expect(await wrong.json()).toEqual({
      errors: [{ code: 'UNAUTHORIZED', message: 'no such key', detail: { hint: 'ask' } }],
    })
  })

  test('a mount from where the caller may not read becomes an upload', async () => {
    const storage = memory()
    await using owner = testRegistry({ storage })
    await pushBlob(owner, 'blue/app', image.layer)
    const registry = testRegistry({ storage, auth })
    const path = `/v2/red/app/blobs/uploads/?mount=${digestOf(image.layer)}&from=blue/app`
    expect((await registry.fetch(path, { method: 'POST', headers: key })).status).toBe(202)
    expect(
      (await registry.fetch(`/v2/red/app/blobs/${digestOf(image.layer)}`, { headers: key })).status,
    ).toBe(404)
  })
})

/** A storage that tells of each of its calls. */
function observed(storage: Storage, tell: (method: string, context: Context | undefined) => void): Storage {
  const watch = <T extends object>(face: T): T =>
    new Proxy(face, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          tell(String(name), (args.at(-1) as { context?: Context } | undefined)?.context)
          return Reflect.apply(value, target, args)
        }
      },
    })
  return { ...storage, records: watch(storage.records), contents: watch(storage.contents) }
}
