/** Registries made of others, as the Go modules of docker/oci have them: see docker-oci.test.ts. */

import { expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { createClient } from '../../src/client/index.ts'
import {
  checkAccess,
  type DebugEntry,
  debug,
  immutable,
  readOnly,
  route,
  select,
  sub,
  unify,
} from '../../src/compose/index.ts'
import { createStore, memory, type Registry } from '../../src/index.ts'
import { recorder, testRegistry } from '../../src/testing/index.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { configurations } from '../cli/serving.ts'
import { failureOf } from '../client/wire.ts'
import { digestOf, imageOf, pushBlob, pushImage, refusal } from './content.ts'

const { withServed } = configurations()
const image = imageOf('an image')
const other = imageOf('another image')
const store = (): Registry => createStore({ storage: memory() })

test('ocifilter: read-only, immutable, checked, selected, chosen and sub-registries, each with its status', async () => {
  const inner = store()
  const all = testRegistry({ registry: inner })
  for (const name of ['team/app', 'secret/app']) await pushImage(all, name, 'v1', image)
  const reads = { method: 'GET' }
  const deletes = { method: 'DELETE' }
  const cases: [Registry, string, RequestInit, [number, string]][] = [
    [readOnly(inner), '/v2/team/app/manifests/v1', deletes, [405, 'UNSUPPORTED']],
    [readOnly(inner), '/v2/team/app/blobs/uploads/', { method: 'POST' }, [405, 'UNSUPPORTED']],
    [immutable(inner), '/v2/team/app/manifests/v1', deletes, [403, 'DENIED']],
    [checkAccess(inner, ({ kind }) => kind === 'list'), '/v2/team/app/manifests/v1', reads, [403, 'DENIED']],
    [
      select(inner, (name) => name !== 'secret/app'),
      '/v2/secret/app/manifests/v1',
      reads,
      [404, 'NAME_UNKNOWN'],
    ],
    [
      route((name) => (name === 'here' ? inner : null)),
      '/v2/there/manifests/v1',
      reads,
      [404, 'NAME_UNKNOWN'],
    ],
    [sub(inner, 'team'), '/v2/secret/app/manifests/v1', reads, [404, 'MANIFEST_UNKNOWN']],
  ]
  for (const [registry, path, init, expected] of cases)
    expect(await refusal(await testRegistry({ registry }).fetch(path, init))).toEqual(expected)
  const found = await testRegistry({ registry: sub(inner, 'team') }).fetch('/v2/app/manifests/v1')
  expect(found.headers.get('docker-content-digest')).toBe(digestOf(image.manifest))
  const { fetch } = testRegistry({ registry: readOnly(inner) })
  expect(await (await fetch('/v2/_catalog')).json()).toEqual({ repositories: ['secret/app', 'team/app'] })
})

test('ociunify: several as one, read in turn or at once, written to all; who has not followed is named', async () => {
  const [one, two, three] = [store(), store(), store()]
  const everywhere = testRegistry({ registry: unify([one, two, three]) })
  await pushImage(everywhere, 'a', 'v1', image)
  for (const each of [one, two, three])
    expect((await each.resolveManifest('a', 'v1')).digest).toBe(digestOf(image.manifest))
  await pushImage(testRegistry({ registry: three }), 'a', 'only-there', other)
  for (const read of ['inTurn', 'atOnce'] as const) {
    const { fetch } = testRegistry({ registry: unify([one, two, three], { read }) })
    expect((await fetch('/v2/a/manifests/only-there')).status).toBe(200)
    expect(await (await fetch('/v2/a/tags/list')).json()).toEqual({ name: 'a', tags: ['only-there', 'v1'] })
  }
  const halfway = testRegistry({ registry: unify([one, readOnly(two)]) })
  const failed = await pushBlob(halfway, 'a', other.layer)
  expect(failed.status).toBe(405)
  expect(await failed.json()).toMatchObject({
    errors: [{ detail: { done: [0], failed: [{ registry: 1, code: 'UNSUPPORTED' }] } }],
  })
})

test('ocidebug: a short entry for each call, without bytes and secrets', async () => {
  const entries: DebugEntry[] = []
  await using served = testRegistry({ registry: debug(store(), (entry) => entries.push(entry)) })
  await pushImage(served, 'a', 'v1', image)
  await served.fetch('/v2/a/manifests/none')
  const methods = new Set(entries.map(({ method }) => method))
  for (const method of ['pushBlob', 'pushManifest', 'getManifest']) expect(methods).toContain(method)
  expect(entries.at(-1)).toMatchObject({ error: expect.stringContaining('MANIFEST_UNKNOWN') })
  const text = JSON.stringify(entries)
  expect(text).not.toContain('an image')
  expect(text).not.toContain('schemaVersion')
})

test('ocisrv: a server made by a file: each of its kinds, nested', async () => {
  await using there = await listen()
  await pushImage(there, 'library/hello', 'v1', other)
  const registry = {
    kind: 'debug',
    registry: {
      kind: 'unify',
      write: 'first',
      registries: [
        { kind: 'select', include: 'team/**', registry: { kind: 'immutable', registry: { kind: 'memory' } } },
        { kind: 'readOnly', registry: { kind: 'client', url: there.url } },
      ],
    },
  }
  await withServed(registry, async (client, { url, stderr }) => {
    const served = { fetch: (path: string, init?: RequestInit) => fetch(url + path, init) }
    await pushImage(served, 'team/app', 'v1', image)
    expect((await client.resolveManifest('library/hello', 'v1')).digest).toBe(digestOf(other.manifest))
    expect((await failureOf(client.startUpload('library/hello'))).code).toBe('DENIED')
    expect((await failureOf(client.deleteTag('team/app', 'v1'))).code).toBe('DENIED')
    expect(await all(client.repositories())).toEqual(['library/hello', 'team/app'])
    expect(stderr()).toContain('pushManifest')
  })
  expect(await all(there.registry.tags('library/hello'))).toEqual(['v1'])
})

test('a proxy by composition: the requests behind it are those of its client', async () => {
  const lines: string[][] = []
  for (const isProxied of [false, true]) {
    await using origin = await listen()
    const { fetch: send, lines: sent } = recorder((url, init) => fetch(url, init))
    const direct = createClient(origin.url, { fetch: send })
    await using proxy = isProxied ? await listen({ registry: direct }) : null
    const client = proxy ? createClient(proxy.url) : direct
    const blob = { digest: digestOf(image.layer), size: image.layer.length }
    await client.pushBlob('a', blob, image.layer)
    await client.pushBlob('a', { digest: digestOf(image.config) }, image.config)
    await client.pushManifest('a', image.manifest, image.type, { tags: ['v1'] })
    const pulled = await client.getManifest('a', 'v1')
    expect(digestOf(pulled.bytes)).toBe(digestOf(image.manifest))
    expect(digestOf(await (await client.getBlob('a', blob.digest)).bytes())).toBe(blob.digest)
    expect(await all(client.tags('a', { limit: 1 }))).toEqual(['v1'])
    lines.push(sent())
  }
  expect(lines[1]).toEqual(lines[0])
  expect(lines[0]!.length).toBe(8)
})
