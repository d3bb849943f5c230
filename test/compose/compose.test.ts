import { describe, expect, test } from 'vitest'
import {
  checkAccess,
  type DebugEntry,
  debug,
  immutable,
  readOnly,
  route,
  routeHosts,
  select,
  sub,
  unify,
} from '../../src/compose/index.ts'
import { defineRegistry, passThrough, type Registry, RegistryError } from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { textOf } from '../../src/testing/registry/samples.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { noise, probe, utf8 } from '../../src/testing/storage/scope.ts'
import { digestOf, failureOf } from '../client/wire.ts'
import { pushIndex, store } from './stores.ts'

describe('readOnly', () => {
  test('docker 1.13: reads and lists everything, and changes nothing', async () => {
    const inner = store()
    const digest = await pushIndex(inner, 'a', 'latest')
    const registry = readOnly(inner)
    expect((await registry.resolveManifest('a', 'latest')).digest).toBe(digest)
    expect(await all(registry.repositories())).toEqual(['a'])
    expect(await all(registry.tags('a'))).toEqual(['latest'])
    const { fetch } = testRegistry({ registry })
    const writes = [
      ['PUT', '/v2/a/manifests/x', JSON.stringify({ schemaVersion: 2, manifests: [] })],
      ['DELETE', '/v2/a/manifests/latest'],
      ['DELETE', `/v2/a/manifests/${digest}`],
      ['POST', '/v2/a/blobs/uploads/'],
      ['POST', `/v2/a/blobs/uploads/?mount=${digest}&from=b`],
    ] as const
    for (const [method, path, body] of writes)
      expect((await fetch(path, { method, ...(body ? { body } : {}) })).status).toBe(405)
  })
})

describe('immutable', () => {
  test('a tag is set once; pushing the same again is fine', async () => {
    const registry = immutable(store())
    await pushIndex(registry, 'a', 'v1')
    await pushIndex(registry, 'a', 'v1')
    expect(await failureOf(pushIndex(registry, 'a', 'v1', 'other'))).toMatchObject({
      code: 'DENIED',
      status: 403,
    })
    await pushIndex(registry, 'a', 'v2', 'other')
    for (const gone of [
      registry.deleteTag('a', 'v1'),
      registry.deleteManifest('a', digestOf('x')),
      registry.deleteBlob('a', digestOf('x')),
    ])
      expect((await failureOf(gone)).code).toBe('DENIED')
  })

  test('docker 1.14: a tag that cannot be looked up is not taken for a free one', async () => {
    const inner = passThrough(store(), {
      resolveManifest: async () => {
        throw new RegistryError('UNAVAILABLE', 'not now')
      },
    })
    expect((await failureOf(pushIndex(immutable(inner), 'a', 'v1'))).code).toBe('UNAVAILABLE')
    expect((await failureOf(inner.getManifest('a', 'v1'))).code).toMatch(/UNKNOWN/)
  })

  test('of many pushes of one tag one wins', async () => {
    const registry = immutable(store())
    const results = await Promise.allSettled(
      ['1', '2', '3', '4'].map((n) => pushIndex(registry, 'a', 'v1', n)),
    )
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1)
    const winner = results.find((each) => each.status === 'fulfilled')
    expect((await registry.resolveManifest('a', 'v1')).digest).toBe(winner?.value)
  })
})

describe('checkAccess', () => {
  test('each call asks for what it does, a mount for its source as well', async () => {
    const asked: string[] = []
    const registry = checkAccess(defineRegistry({}), ({ repository, kind }) => {
      asked.push(`${kind} ${repository}`)
      return true
    })
    const digest = digestOf('x')
    const ask = async (work: Promise<unknown> | AsyncIterable<unknown>): Promise<string[]> => {
      await (work instanceof Promise ? work : all(work)).catch(() => {})
      return asked.splice(0)
    }
    expect(await ask(registry.getBlob('a', digest))).toEqual(['read a'])
    expect(await ask(registry.resolveBlob('a', digest))).toEqual(['read a'])
    expect(await ask(registry.getManifest('a', 'x'))).toEqual(['read a'])
    expect(await ask(registry.resolveManifest('a', 'x'))).toEqual(['read a'])
    expect(await ask(registry.pushBlob('a', { digest }, utf8('x')))).toEqual(['write a'])
    expect(await ask(registry.startUpload('a'))).toEqual(['write a'])
    expect(await ask(registry.uploadStatus('a', 'x'))).toEqual(['write a'])
    expect(await ask(registry.writeUpload('a', 'x', utf8('x')))).toEqual(['write a'])
    expect(await ask(registry.finishUpload('a', 'x', digest))).toEqual(['write a'])
    expect(await ask(registry.cancelUpload('a', 'x'))).toEqual(['write a'])
    expect(await ask(registry.mountBlob('a', digest, { from: 'b' }))).toEqual(['write a', 'read b'])
    expect(await ask(registry.pushManifest('a', utf8('x'), ''))).toEqual(['write a'])
    expect(await ask(registry.deleteBlob('a', digest))).toEqual(['delete a'])
    expect(await ask(registry.deleteManifest('a', digest))).toEqual(['delete a'])
    expect(await ask(registry.deleteTag('a', 'x'))).toEqual(['delete a'])
    expect(await ask(registry.tags('a'))).toEqual(['list a'])
    expect(await ask(registry.referrers('a', digest))).toEqual(['list a'])
    expect(await ask(registry.repositories())).toEqual(['list null'])
  })

  test('false is 403, an error is itself, and nothing is asked of the registry', async () => {
    const called: string[] = []
    const inner = debug(store(), ({ method }) => void called.push(method))
    const closed = checkAccess(inner, () => false)
    const body = probe(noise(10))
    expect(await failureOf(closed.pushBlob('a', { digest: digestOf('x') }, body.stream))).toMatchObject({
      code: 'DENIED',
      status: 403,
    })
    expect(body.cancelled()).toBe(true)
    const own = checkAccess(inner, () => {
      throw new RegistryError('QUOTA_EXCEEDED', 'enough', { status: 402 })
    })
    expect(await failureOf(own.getManifest('a', 'x'))).toMatchObject({ code: 'QUOTA_EXCEEDED', status: 402 })
    expect(called).toEqual([])
    const forgetful = checkAccess(inner, (() => undefined) as unknown as () => boolean)
    expect((await failureOf(forgetful.getManifest('a', 'x'))).code).toBe('DENIED')
    expect(called).toEqual([])
  })
})

describe('select', () => {
  test('what is not selected does not exist, and cannot be pushed to', async () => {
    const inner = store()
    const it = await textOf('blob')
    for (const name of ['a', 'hidden/a', 'team/a', 'team/b', 'z']) {
      await pushIndex(inner, name, 'latest')
      await inner.pushBlob(name, { digest: it.digest }, it.bytes)
    }
    const registry = select(inner, async (name) => name.startsWith('team/'))
    expect(await all(registry.repositories())).toEqual(['team/a', 'team/b'])
    expect(await all(registry.repositories({ limit: 1 }))).toEqual(['team/a'])
    expect(await all(registry.repositories({ after: 'team/a', limit: 5 }))).toEqual(['team/b'])
    expect(await failureOf(registry.getManifest('a', 'latest'))).toMatchObject({
      code: 'NAME_UNKNOWN',
      status: 404,
    })
    expect((await failureOf(all(registry.tags('a')))).code).toBe('NAME_UNKNOWN')
    expect((await failureOf(registry.deleteTag('a', 'latest'))).code).toBe('NAME_UNKNOWN')
    expect((await failureOf(registry.startUpload('a'))).code).toBe('DENIED')
    expect(await registry.mountBlob('team/c', it.digest, { from: 'hidden/a' })).toBe(null)
    expect((await registry.mountBlob('team/c', it.digest, { from: 'team/a' }))?.size).toBe(4)
    const seen: string[] = []
    await registry.mountBlob('team/d', it.digest, {
      mayRead: (name) => void seen.push(name) as unknown as boolean,
    })
    expect(seen.every((name) => name.startsWith('team/'))).toBe(true)
  })
})

describe('sub', () => {
  test('docker 1.15: no name leads out of it', async () => {
    const registry = sub(store(), 'team')
    for (const name of ['../x', 'a/../../x', '', '/x', 'A', 'x/', 'a'.repeat(255)])
      expect((await failureOf(registry.getManifest(name, 'latest'))).code).toBe('NAME_INVALID')
    for (const prefix of ['', '..', 'a/', '/a', 'A'])
      expect(() => sub(store(), prefix)).toThrow('invalid repository name')
  })

  test('docker 1.16: a list begins at its prefix and reads no further', async () => {
    const inner = store()
    for (const name of ['team-x/a', 'team/a', 'team/b/c', 'team/d', 'teams/a', 'a', 'z'])
      await pushIndex(inner, name, 'latest')
    const asked: unknown[] = []
    let read = 0
    const counted = passThrough(inner, {
      async *repositories(options) {
        asked.push(options?.after)
        for await (const name of inner.repositories(options)) {
          read++
          yield name
        }
      },
    })
    const registry = sub(counted, 'team')
    expect(await all(registry.repositories())).toEqual(['a', 'b/c', 'd'])
    expect(await all(registry.repositories({ after: 'a', limit: 1 }))).toEqual(['b/c'])
    expect(asked).toEqual(['team/', 'team/a'])
    expect(read).toBe(5)
  })
})

describe('route', () => {
  test('each repository has its registry, and a mount stays in one', async () => {
    const [one, two] = [store(), store()]
    const registry = route((name) =>
      name.startsWith('one/') ? one : name.startsWith('two/') ? { registry: two, repo: `x/${name}` } : null,
    )
    const it = await textOf('blob')
    await registry.pushBlob('one/a', { digest: it.digest }, it.bytes)
    await registry.pushBlob('two/a', { digest: it.digest }, it.bytes)
    expect((await one.resolveBlob('one/a', it.digest)).size).toBe(4)
    expect((await two.resolveBlob('x/two/a', it.digest)).size).toBe(4)
    expect((await registry.mountBlob('one/b', it.digest, { from: 'one/a' }))?.size).toBe(4)
    expect(await registry.mountBlob('one/b', it.digest, { from: 'two/a' })).toBe(null)
    expect((await failureOf(registry.getBlob('three/a', it.digest))).code).toBe('NAME_UNKNOWN')
    expect((await failureOf(all(registry.repositories()))).code).toBe('UNSUPPORTED')
  })

  test('hosts: one catalog, in bytewise order, in pages', async () => {
    const registries = { 'a.io': store(), 'a.io-b': store(), empty: store() }
    for (const [host, names] of Object.entries({ 'a.io': ['x', 'y'], 'a.io-b': ['x'] }))
      for (const name of names) await pushIndex(registries[host as 'a.io'], name, 'latest')
    const registry = routeHosts(registries)
    const whole = ['a.io-b/x', 'a.io/x', 'a.io/y']
    expect(await all(registry.repositories())).toEqual(whole)
    for (let i = 0; i < 3; i++) {
      expect(await all(registry.repositories({ after: whole[i]! }))).toEqual(whole.slice(i + 1))
      expect(await all(registry.repositories({ limit: i }))).toEqual(whole.slice(0, i))
    }
    expect((await failureOf(registry.getManifest('a.io', 'x'))).code).toBe('NAME_UNKNOWN')
    expect((await failureOf(registry.getManifest('constructor/x', 'x'))).code).toBe('NAME_UNKNOWN')
  })
})

describe('debug', () => {
  test('docker 1.18: an entry for each call, short, without bytes and ids; an error is told and thrown', async () => {
    const entries: DebugEntry[] = []
    const registry = debug(store(), (entry) => entries.push(entry))
    const it = await textOf('x'.repeat(5000))
    await registry.pushBlob('a', { digest: it.digest }, it.bytes)
    const { id } = await registry.startUpload('a')
    await registry.writeUpload('a', id, utf8('secret'), { signal: new AbortController().signal })
    await failureOf(registry.getManifest('a', 'x'.repeat(128)))
    await all(registry.repositories({ limit: 3 }))
    expect(entries.map(({ method }) => method)).toEqual([
      'pushBlob',
      'startUpload',
      'writeUpload',
      'getManifest',
      'repositories',
    ])
    expect(entries[0]).toMatchObject({ args: ['a', `digest=${it.digest}`, '5000 bytes'] })
    expect(entries[3]!.error).toMatch(/^(MANIFEST|NAME)_UNKNOWN /)
    const text = JSON.stringify(entries)
    expect(text).not.toContain(id)
    expect(text).not.toContain('secret')
    expect(text.length).toBeLessThan(3000)
  })

  test('a log that fails breaks nothing', async () => {
    const registry = debug(store(), () => {
      throw new Error('disk full')
    })
    await pushIndex(registry, 'a', 'latest')
    expect(await all(registry.tags('a'))).toEqual(['latest'])
  })
})

test('errors keep code, status and detail over HTTP through any depth', async () => {
  const nested = (inner: Registry) =>
    debug(
      sub(
        checkAccess(unify([inner]), () => true),
        'x',
      ),
      () => {},
    )
  const inner = checkAccess(store(), ({ kind }) => {
    if (kind === 'write')
      throw new RegistryError('QUOTA_EXCEEDED', 'the team is full', { status: 402, detail: { gib: 10 } })
    return kind !== 'delete'
  })
  const { fetch } = testRegistry({ registry: nested(nested(nested(inner))) })
  const put = await fetch('/v2/a/manifests/x', { method: 'PUT', body: '{"schemaVersion":2,"manifests":[]}' })
  expect([put.status, await put.json()]).toEqual([
    402,
    { errors: [{ code: 'QUOTA_EXCEEDED', message: 'the team is full', detail: { gib: 10 } }] },
  ])
  expect((await fetch('/v2/a/manifests/x', { method: 'DELETE' })).status).toBe(403)
  expect((await fetch('/v2/a/manifests/x')).status).toBe(404)
})
