/** What `ocikit/testing` has beside the suites: fixtures, a recorder, wires and storages that fail. */

import { describe, expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { createStore, memory } from '../../src/index.ts'
import { parseManifest } from '../../src/oci/index.ts'
import {
  FaultError,
  type Faults,
  faultyFetch,
  faultyStorage,
  fill,
  type RepositoryFixture,
  recorder,
  testRegistry,
} from '../../src/testing/index.ts'
import { all } from '../../src/testing/registry/scope.ts'

describe('fixtures', () => {
  const fixture: RepositoryFixture = {
    // The signature stands before its subject, and the index before its children.
    manifests: {
      signature: { artifactType: 'a/signature', layers: ['text'], subject: 'index' },
      index: {
        manifests: ['arm', { id: 'amd', platform: { os: 'linux', architecture: 'amd64' } }],
        annotations: { a: 'b' },
      },
      amd: { config: 'config', layers: ['text', 'bytes'] },
      arm: { layers: ['text'], algorithm: 'sha512' },
    },
    blobs: {
      config: '{"os":"linux"}',
      text: { content: 'hello', mediaType: 'text/plain' },
      bytes: new Uint8Array([1, 2, 3]),
    },
    tags: { v1: 'index', latest: 'index', amd: 'amd' },
  }

  test('are pushed with what they refer to, in whatever order they stand', async () => {
    await using there = testRegistry()
    const filled = await fill(there.registry, { 'team/app': fixture, other: { blobs: { text: 'hello' } } })
    expect(await all(there.registry.tags('team/app'))).toEqual(['amd', 'latest', 'v1'])
    const found = await there.registry.getManifest('team/app', 'v1')
    expect(found.descriptor).toEqual(filled.descriptor('team/app', 'index'))
    expect(new TextDecoder().decode(found.bytes)).toBe(
      new TextDecoder().decode(filled.bytes('team/app', 'index')),
    )
    const { references } = parseManifest(found.bytes, found.descriptor.mediaType)
    expect(references.map(({ digest }) => digest)).toEqual(
      ['arm', 'amd'].map((id) => filled.digest('team/app', id)),
    )
    expect(filled.digest('team/app', 'arm')).toMatch(/^sha512:/)
    const image = JSON.parse(new TextDecoder().decode(filled.bytes('team/app', 'amd'))) as {
      config: object
      layers: object[]
    }
    const { mediaType: _, ...config } = filled.descriptor('team/app', 'config')
    expect(image.config).toEqual({ mediaType: 'application/vnd.oci.image.config.v1+json', ...config })
    expect(image.layers).toEqual(['text', 'bytes'].map((id) => filled.descriptor('team/app', id)))
    const about = await all(there.registry.referrers('team/app', filled.digest('team/app', 'index')))
    expect(about.map(({ descriptor }) => [descriptor.digest, descriptor.artifactType])).toEqual([
      [filled.digest('team/app', 'signature'), 'a/signature'],
    ])
    expect(filled.digest('other', 'text')).toBe(filled.digest('team/app', 'text'))
  })

  test.each<[string, RepositoryFixture]>([
    ['a blob and a manifest are called "a"', { blobs: { a: '' }, manifests: { a: { layers: [] } } }],
    ['a names "b", which is not there', { manifests: { a: { layers: ['b'] } } }],
    ['a names "__proto__", which is not there', { manifests: { a: { subject: '__proto__' } } }],
    ['"a" refers to itself', { manifests: { a: { manifests: ['b'] }, b: { manifests: ['a'] } } }],
    ['the tag v1 names "a", which is no manifest', { blobs: { a: '' }, tags: { v1: 'a' } }],
  ])('%s: nothing is pushed', async (message, wrong) => {
    await using there = testRegistry()
    const filling = fill(there.registry, { repo: wrong })
    await expect(filling).rejects.toThrow(new TypeError(`the fixture of repo: ${message}`))
    expect(await all(there.registry.repositories())).toEqual([])
  })

  test('an id that was not written down is a mistake', async () => {
    await using there = testRegistry()
    const filled = await fill(there.registry, { repo: { blobs: { a: '' } } })
    for (const [repo, id] of [
      ['repo', 'b'],
      ['other', 'a'],
    ] as const)
      expect(() => filled.digest(repo, id)).toThrow(TypeError)
  })
})

test('a recorder tells requests with the lengths of their bodies, and forgets them', async () => {
  await using there = testRegistry()
  const { fetch, requests, lines, clear } = recorder(there.fetch)
  const client = createClient('registry.test', { fetch, retry: false })
  await fill(client, { a: { blobs: { blob: 'hello' } } })
  expect(lines().at(-1)).toMatch(/ len=5$/)
  expect(lines().join('\n')).not.toMatch(/uploads\/[\w-]{20,}/)
  expect(requests.every(({ status }) => status !== undefined && status < 300)).toBe(true)
  clear()
  await client.resolveManifest('a', 'v1').catch(() => {})
  expect(lines()).toEqual(['HEAD /v2/a/manifests/v1 len=-'])
  expect(requests[0]!.status).toBe(404)
  const broken = recorder(async () => Promise.reject(new TypeError('gone')))
  await expect(broken.fetch('http://a.test/', {})).rejects.toThrow('gone')
  expect(broken.requests.map(({ method, status }) => [method, status])).toEqual([['GET', undefined]])
})

describe('a wire that fails', () => {
  const bytes = new Uint8Array(1000).fill(7)
  const send = async () => new Response(bytes)
  const outcomes: Readonly<
    Record<keyof Omit<Faults, 'delay' | 'busy'>, (body: Promise<Uint8Array>) => unknown>
  > = {
    refuse: (body) => expect(body).rejects.toThrow('connection refused'),
    lose: (body) => expect(body).rejects.toThrow('other side closed'),
    drop: (body) => expect(body).rejects.toThrow('terminated'),
    truncate: async (body) => expect((await body).length).toBeLessThan(1000),
    corrupt: async (body) => expect((await body).filter((byte) => byte !== 7).length).toBe(1),
  }
  for (const [name, check] of Object.entries(outcomes)) {
    test(name, async () => {
      const wire = faultyFetch(send, { [name]: 100 })
      await check(wire.fetch('http://a.test/', {}).then((response) => response.bytes()))
      expect(wire.counts).toEqual({ [name]: 1 })
    })
  }

  test('busy and late; an upload is not damaged; without faults it is the wire itself', async () => {
    const busy = faultyFetch(send, { busy: 100 })
    expect([429, 500, 502, 503]).toContain((await busy.fetch('http://a.test/', {})).status)
    const late = faultyFetch(send, { delay: 100, corrupt: 100 })
    const put = await late.fetch('http://a.test/', { method: 'PUT' })
    expect(new Set(await put.bytes())).toEqual(new Set([7]))
    expect(late.counts).toEqual({ delay: 1 })
    const sound = faultyFetch(send, {})
    expect((await (await sound.fetch('http://a.test/', {})).bytes()).length).toBe(1000)
    expect(sound.counts).toEqual({})
  })
})

test('a storage whose calls go wrong as planned', async () => {
  const faults = faultyStorage(memory())
  const registry = createStore({ storage: faults.storage })
  const { records } = faults.storage
  faults.plan(1, 'error')
  expect(await records.get('a')).toBe(null)
  await expect(records.create('a', new Uint8Array([1]))).rejects.toThrow(FaultError)
  expect(await records.get('a')).toBe(null)
  faults.plan(0, 'lost answer')
  await expect(records.create('a', new Uint8Array([1]))).rejects.toThrow('the answer was lost')
  expect((await records.get('a'))?.value.length).toBe(1)
  faults.plan(0, 'error')
  await expect(all(records.list(''))).rejects.toThrow(FaultError)
  faults.plan(0, 'delay')
  expect((await all(records.list(''))).length).toBe(1)
  expect(faults.count()).toBe(7)
  await fill(registry, { a: { blobs: { b: 'c' } } })
})
