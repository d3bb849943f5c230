/** A server over a client is a proxy: it asks of the registry behind it exactly what its own clients would. */

import { describe, expect, test } from 'vitest'
import { type Client, createClient } from '../../src/client/index.ts'
import { debug } from '../../src/compose/index.ts'
import { type Auth, defineRegistry, open, REGISTRY_METHODS } from '../../src/index.ts'
import { nextLink } from '../../src/oci/index.ts'
import { recorder, type TestRegistry, testRegistry } from '../../src/testing/index.ts'
import {
  configOf,
  descriptorOf,
  imageOf,
  indexOf,
  sampleOf,
  textOf,
} from '../../src/testing/registry/samples.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'
import { noise, probe, utf8 } from '../../src/testing/storage/scope.ts'
import { CLIENT } from './skips.ts'
import { digestOf } from './wire.ts'

/** Longer than a page of the catalog is, if its client does not say. */
const NAMES = Array.from({ length: 1001 }, (_, i) => `r/${String(i).padStart(4, '0')}`)

type Operations = Readonly<Record<string, (client: Client) => Promise<unknown>>>

const operations: Operations = {
  'a small push': async (client) => {
    const it = await textOf('small')
    await client.pushBlob('a', { digest: it.digest }, it.bytes)
  },
  'a large push': async (client) => {
    const bytes = noise(2_000_000)
    await client.pushBlob('a', { digest: digestOf(bytes), size: bytes.length }, probe(bytes).stream)
  },
  'a push of unknown length': async (client) => {
    const bytes = noise(200_000)
    await client.pushBlob('a', { digest: digestOf(bytes) }, probe(bytes).stream)
  },
  'a push in chunks': async (client) => {
    const bytes = noise(300_000, 3)
    let { id } = await client.startUpload('a')
    for (let at = 0; at < 300_000; at += 100_000)
      ({ id } = await client.writeUpload('a', id, bytes.slice(at, at + 100_000), { offset: at }))
    await client.finishUpload('a', id, digestOf(bytes))
  },
  'a chunk out of order, a status and a cancel': async (client) => {
    const { id } = await client.startUpload('a')
    const next = await client.writeUpload('a', id, utf8('abc'), { offset: 0 })
    await client.writeUpload('a', next.id, utf8('abc'), { offset: 7 }).catch(() => {})
    await client.uploadStatus('a', next.id)
    await client.cancelUpload('a', next.id)
  },
  'a mount, and one that is not possible': async (client) => {
    const it = await textOf('mounted')
    await client.pushBlob('a', { digest: it.digest }, it.bytes)
    await client.resolveBlob('a', it.digest)
    await client.mountBlob('b', it.digest, { from: 'a' })
    await client.mountBlob('b', digestOf('nowhere'), { from: 'a' })
  },
  'an image, with tags, read and deleted': async (client) => {
    const [config, layer] = [await configOf('x'), await textOf('layer')]
    for (const each of [config, layer]) await client.pushBlob('a', { digest: each.digest }, each.bytes)
    const image = await imageOf(config, [layer])
    await client.pushManifest('a', image.bytes, image.mediaType, { tags: ['one'] })
    await client.pushManifest('a', image.bytes, image.mediaType, { tags: ['two', 'three'] })
    await client.getManifest('a', 'one')
    await client.resolveManifest('a', 'two')
    await (await client.getBlob('a', layer.digest)).bytes()
    await (await client.getBlob('a', layer.digest, { range: { first: 1, last: 3 } })).bytes()
    await client.getManifest('a', 'nothing').catch(() => {})
    await client.getBlob('a', digestOf('nothing')).catch(() => {})
    await client.deleteTag('a', 'two')
    await client.deleteManifest('a', image.digest)
    await client.deleteBlob('a', layer.digest)
  },
  'lists and referrers': async (client) => {
    const subject = await indexOf([])
    await client.pushManifest('a', subject.bytes, subject.mediaType, { tags: ['x', 'y', 'z'] })
    const about = await indexOf([], { subject: descriptorOf(subject), artifactType: 'a/b' })
    await client.pushManifest('a', about.bytes, about.mediaType)
    await all(client.tags('a'))
    await all(client.tags('a', { after: 'x' }))
    await all(client.tags('a', { limit: 2 }))
    await all(client.tags('a', { limit: 3 }))
    await all(client.tags('a', { after: 'x', limit: 1 }))
    await all(client.tags('nowhere')).catch(() => {})
    await all(client.referrers('a', subject.digest, { artifactTypes: ['a/b'] }))
  },
}

/** Of a registry that lists so many repositories. */
const catalogs: Operations = {
  'the catalog, whole and from a name on': async (client) => {
    expect(await all(client.repositories())).toEqual(NAMES)
    expect(await all(client.repositories({ after: NAMES[998]! }))).toEqual(NAMES.slice(999))
  },
  'pages of the catalog': async (client) => {
    for (const limit of [1, 1000, 1001, 1002])
      expect(await all(client.repositories({ limit }))).toEqual(NAMES.slice(0, limit))
    expect(await all(client.repositories({ after: NAMES[7]!, limit: 2 }))).toEqual(NAMES.slice(8, 10))
  },
  'a caller that leaves a list': async (client) => {
    for await (const name of client.repositories()) if (name === NAMES[3]) break
  },
}

/** Of a registry that keeps no list of referrers, and gives two names at a time. */
const old: Operations = {
  'tags of which some come at a time': async (client) => {
    const it = await indexOf([])
    await client.pushManifest('a', it.bytes, it.mediaType, { tags: ['v', 'w', 'x', 'y', 'z'] })
    expect(await all(client.tags('a'))).toEqual(['v', 'w', 'x', 'y', 'z'])
    expect(await all(client.tags('a', { limit: 3 }))).toEqual(['v', 'w', 'x'])
    expect(await all(client.tags('a', { after: 'v', limit: 2 }))).toEqual(['w', 'x'])
  },
  'a referrer and its tag': async (client) => {
    const subject = await indexOf([])
    await client.pushManifest('a', subject.bytes, subject.mediaType, { tags: ['x'] })
    const about = await indexOf([], { subject: descriptorOf(subject), artifactType: 'a/b' })
    await client.pushManifest('a', about.bytes, about.mediaType)
    expect((await all(client.referrers('a', subject.digest))).length).toBe(1)
  },
}

describe('the requests behind a proxy are those of its client', () => {
  const called = new Set<string>()
  const compare = (all: Operations, origin: () => TestRegistry): void => {
    for (const [name, operate] of Object.entries(all)) {
      test(name, async () => {
        const direct = recorder(origin().fetch)
        const client = createClient('https://registry.test', { fetch: direct.fetch })
        await operate({ ...client, ...debug(client, ({ method }) => void called.add(method)) })
        const behind = recorder(origin().fetch)
        const registry = createClient('https://registry.test', { fetch: behind.fetch })
        const proxy = testRegistry({ registry })
        await operate(createClient('https://proxy.test', { fetch: proxy.fetch }))
        expect(behind.lines()).toEqual(direct.lines())
        expect(direct.lines().length).toBeGreaterThan(0)
      })
    }
  }
  compare(operations, testRegistry)
  const listing = defineRegistry({
    async *repositories({ after = '', limit = NAMES.length } = {}) {
      yield* NAMES.filter((name) => name > after).slice(0, limit)
    },
  })
  compare(catalogs, () => testRegistry({ registry: listing }))
  compare(old, () => testRegistry({ compat: { referrers: false, pageLimit: 2 } }))
  test('no operation is missing', () => expect([...called].sort()).toEqual([...REGISTRY_METHODS].sort()))
})

test('a page of a catalog elsewhere holds what the caller may see, and leads on', async () => {
  const names = ['a', 'a-hidden', 'b', 'b-hidden', 'c-hidden', 'd']
  const origin = testRegistry()
  const it = await indexOf([])
  for (const name of names)
    await origin.registry.pushManifest(name, it.bytes, it.mediaType, { tags: ['x', 'y', 'z'] })
  const { fetch, lines } = recorder(origin.fetch)
  const auth: Auth = {
    ...open(),
    authorize: ({ name }) => (name.endsWith('-hidden') ? 'deny' : 'allow'),
  }
  const registry = createClient('https://origin.test', { fetch })
  const proxy = testRegistry({ registry, auth })
  const pages: unknown[] = []
  for (let path: string | null = '/v2/_catalog?n=2'; path !== null; ) {
    const response: Response = await proxy.fetch(path)
    pages.push(((await response.json()) as { repositories: string[] }).repositories)
    path = nextLink(response.headers.get('link'))
  }
  expect(pages).toEqual([['a', 'b'], ['d']])
  expect(lines()[0]).toBe('GET /v2/_catalog?n=2 len=-')
})

describe('through two proxies the contract is the same', () => {
  const origin = testRegistry()
  const inner = testRegistry({ registry: createClient('https://origin.test', { fetch: origin.fetch }) })
  const outer = testRegistry({ registry: createClient('https://inner.test', { fetch: inner.fetch }) })
  const client = createClient('https://outer.test', { fetch: outer.fetch })
  registrySuite({ test, expect }, async () => ({ registry: client }), { skip: CLIENT })
})

test('a proxy passes on bytes as they come, and the errors of what is behind it', async () => {
  const origin = testRegistry()
  const it = await sampleOf(noise(1_000_000))
  await origin.registry.pushBlob('a', { digest: it.digest }, it.bytes)
  const proxy = testRegistry({ registry: createClient('https://origin.test', { fetch: origin.fetch }) })
  const response = await proxy.fetch(`/v2/a/blobs/${it.digest}`)
  expect(response.headers.get('content-length')).toBe('1000000')
  expect(digestOf(new Uint8Array(await response.arrayBuffer()))).toBe(it.digest)
  const limited = createClient('https://x.test', {
    fetch: async () =>
      new Response('{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}', {
        status: 429,
        headers: { 'retry-after': '900' },
      }),
  })
  const refused = await testRegistry({ registry: limited }).fetch('/v2/a/manifests/x')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '900'])
  expect(await refused.text()).toContain('slow down')
})
