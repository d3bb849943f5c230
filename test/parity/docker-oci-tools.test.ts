/** What the Go modules of docker/oci have beside the contract: see docker-oci.test.ts. */

import { mkdir, readFile, stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { folderLayout, folderLayouts } from '../../adapters/layout/index.ts'
import { listen } from '../../adapters/node/testing.ts'
import { fs } from '../../adapters/storage/fs/index.ts'
import { createClient } from '../../src/client/index.ts'
import { findLayout } from '../../src/layout/index.ts'
import {
  formatImageReference,
  formatRelativeReference,
  isDigest,
  parseDigest,
  parseImageReference,
  parseRelativeReference,
} from '../../src/oci/index.ts'
import { fill, registrySuite, testRegistry } from '../../src/testing/index.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { noise, probe } from '../../src/testing/storage/scope.ts'
import { downloadBlob, uploadBlob } from '../../src/transfer/index.ts'
import { digestOf, failureOf } from '../client/wire.ts'
import { temporaryFolder } from '../clients/process.ts'
import { imageOf, pushImage, utf8 } from './content.ts'

const MIB = 1024 * 1024
const image = imageOf('an image')

test('ocilarge: several ranges at once, and chunks that are taken up again, in bounded memory', async () => {
  const bytes = noise(9 * MIB, 5)
  const blob = { digest: digestOf(bytes), size: bytes.length }
  await using there = await listen()
  const ranges: string[] = []
  const chunks: string[] = []
  const flaky = async (url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers)
    const range = headers.get('range')
    if (range !== null && ranges.push(range) === 2) throw new TypeError('the connection broke')
    if (init.method === 'PATCH') chunks.push(headers.get('content-range')!)
    const answer = await fetch(url, init)
    if (init.method !== 'PATCH' || chunks.length !== 2) return answer
    await answer.body?.cancel()
    throw new TypeError('the answer got lost')
  }
  const client = createClient(there.url, { fetch: flaky, retry: { firstDelay: 1 } })
  await uploadBlob(client, 'a', blob, probe(bytes).stream, { memory: 4 * MIB })
  expect(chunks.length).toBeGreaterThan(3)
  expect(new Set(chunks).size).toBe(chunks.length)
  const content = await downloadBlob(client, 'a', blob.digest, { concurrency: 3, memory: 8 * MIB })
  expect(digestOf(await content.bytes(blob.size))).toBe(blob.digest)
  expect(ranges.length).toBeGreaterThan(3)
  const nothing = { digest: digestOf(''), size: 0 }
  await uploadBlob(client, 'a', nothing, probe(new Uint8Array()).stream)
  const empty = await downloadBlob(client, 'a', nothing.digest, { concurrency: 3 })
  expect((await empty.bytes()).length).toBe(0)
})

test('ociref: references, strict and as docker has them, in linear time', () => {
  expect(parseImageReference('ghcr.io/team/app:v1')).toMatchObject({
    host: 'ghcr.io',
    repository: 'team/app',
    tag: 'v1',
  })
  expect(() => parseImageReference('team/app')).toThrow('a host is missing')
  for (const [text, whole, short] of [
    ['alpine', 'docker.io/library/alpine', 'alpine'],
    ['index.docker.io/team/app:1', 'docker.io/team/app:1', 'team/app:1'],
    ['[::1]:5000/a', '[::1]:5000/a', '[::1]:5000/a'],
  ] as const) {
    const reference = parseRelativeReference(text)
    expect([formatImageReference(reference), formatRelativeReference(reference)]).toEqual([whole, short])
  }
  const started = performance.now()
  for (const text of [
    `a.b/${'a-'.repeat(100_000)}`,
    `${'a.'.repeat(100_000)}`,
    `a.b/c:${'.'.repeat(200_000)}`,
  ])
    expect(() => parseImageReference(text)).toThrow()
  expect(isDigest(`sha256:${'a'.repeat(1_000_000)}`)).toBe(false)
  expect(performance.now() - started).toBeLessThan(2000)
})

test('ocidigest: several algorithms, verified as they pass, and kept from one process to the next', async () => {
  expect(() => parseDigest('sha256:ABC')).toThrow('digest')
  const folder = await temporaryFolder()
  const bytes = noise(300_000)
  const digest = digestOf(bytes, 'sha512')
  try {
    let id = ''
    for (const part of [bytes.slice(0, 123_457), bytes.slice(123_457), null]) {
      await using registry = await listen({ storage: await fs(folder.at('data')) })
      const client = createClient(registry.url)
      // Ids of a client lead to where the server was: its next life is on another port.
      if (id === '') id = (await client.startUpload('a', { algorithm: 'sha512' })).id
      const there = id.replace(/http:\/\/127\.0\.0\.1:\d+/, registry.url)
      if (part) id = (await client.writeUpload('a', there, part)).id
      else await client.finishUpload('a', there, digest)
      if (!part) expect(digestOf(await (await client.getBlob('a', digest)).bytes(), 'sha512')).toBe(digest)
    }
  } finally {
    await folder.remove()
  }
  const liar = async () => new Response(utf8('other bytes'), { headers: { 'content-length': '11' } })
  const wrong = await createClient('registry.test', { fetch: liar }).getBlob('a', digest)
  expect((await failureOf(wrong.bytes())).code).toBe('DIGEST_INVALID')
})

test('ocilayout: a layout as a registry, one for each repository, and one found in a path', async () => {
  const folder = await temporaryFolder()
  try {
    await mkdir(folder.at('one:v1'))
    await using one = folderLayout(folder.at('one:v1'), { repository: 'app' })
    await using served = testRegistry({ registry: one })
    await pushImage(served, 'app', 'v1', image)
    expect(JSON.parse(await readFile(folder.at('one:v1/index.json'), 'utf8'))).toMatchObject({
      manifests: [{ annotations: { 'org.opencontainers.image.ref.name': 'v1' } }],
    })
    const isThere = (path: string) =>
      stat(path).then(
        () => true,
        () => false,
      )
    const path = folder.at('one:v1')
    expect(await findLayout(`${path}:v1`, isThere)).toEqual({ path, reference: 'v1' })
    expect(await findLayout(path, isThere)).toEqual({ path })
    expect((await served.fetch(`/v2/app/blobs/${digestOf(image.layer)}`, { method: 'DELETE' })).status).toBe(
      202,
    )

    await using many = folderLayouts(folder.at('many'))
    const each = testRegistry({ registry: many })
    for (const name of ['a', 'team/b']) await pushImage(each, name, 'v1', image)
    expect(await all(many.repositories())).toEqual(['a', 'team/b'])
    expect(await readFile(folder.at('many/team/b/oci-layout'), 'utf8')).toContain('1.0.0')
  } finally {
    await folder.remove()
  }
})

test('ocitest: content by ids, and the contract as a suite for any runner', async () => {
  await using there = testRegistry()
  const filled = await fill(there.registry, {
    a: {
      blobs: { config: '{}', layer: 'hello' },
      manifests: {
        note: { artifactType: 'a/b', subject: 'image' },
        image: { config: 'config', layers: ['layer'] },
        index: { manifests: ['image'] },
      },
      tags: { latest: 'index' },
    },
  })
  expect((await there.registry.resolveManifest('a', 'latest')).digest).toBe(filled.digest('a', 'index'))
  const found = await all(there.registry.referrers('a', filled.digest('a', 'image')))
  expect(found.map(({ descriptor }) => descriptor.digest)).toEqual([filled.digest('a', 'note')])
  const tests = new Map<string, () => unknown>()
  const runner = { expect, test: (name: string, run: () => unknown) => void tests.set(name, run) }
  registrySuite(runner as Parameters<typeof registrySuite>[0], async () => ({ registry: there.registry }))
  expect(tests.size).toBeGreaterThan(90)
  for (const name of [...tests.keys()].filter((each) => each.startsWith('mounts: '))) await tests.get(name)!()
})
