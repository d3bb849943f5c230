/** A server over a client is a proxy: it asks of the registry behind it exactly what its own clients would. */

import { describe, expect, test } from 'vitest'
import { type Client, createClient } from '../../src/client/index.ts'
import { recorder, testRegistry } from '../../src/testing/index.ts'
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

/** A registry, and what is asked of it. */
const recorded = () => recorder(testRegistry().fetch)

const operations: Readonly<Record<string, (client: Client) => Promise<unknown>>> = {
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
    // The catalog is not among them: a server gives it in pages of its own.
    await all(client.referrers('a', subject.digest, { artifactTypes: ['a/b'] }))
  },
}

describe('the requests behind a proxy are those of its client', () => {
  for (const [name, operate] of Object.entries(operations)) {
    test(name, async () => {
      const direct = recorded()
      await operate(createClient('https://registry.test', { fetch: direct.fetch }))
      const behind = recorded()
      const proxy = testRegistry({ registry: createClient('https://registry.test', { fetch: behind.fetch }) })
      await operate(createClient('https://proxy.test', { fetch: proxy.fetch }))
      expect(behind.lines()).toEqual(direct.lines())
      expect(direct.lines().length).toBeGreaterThan(1)
    })
  }
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
