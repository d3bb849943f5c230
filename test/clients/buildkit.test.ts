/**
 * BuildKit's pushes, replayed: images with attestations and the caches it exports. The requests are the ones it
 * sends, in its order, each after the answer to the one before.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, pushBlob, referrersOf } from './api.ts'
import { cacheOf, imageOf, makeContent } from './buildkit.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { type Row, replayer } from './replay.ts'

/** What is sent for a blob that is not there yet. */
const upload = (name: string): Row[] => [
  `HEAD blob ${name} 404`,
  `POST blob ${name} 202`,
  `PUT blob ${name} 201`,
]

/** What is sent for a manifest that is not there yet. */
const put = (name: string): Row[] => [`HEAD manifest ${name} 404`, `PUT manifest ${name} 201`]

/** What is sent to read a manifest back by its tag. */
const resolve = (name: string): Row[] => {
  const [content] = name.split(' ')
  return [`HEAD manifest ${name} 200`, `GET manifest ${content} 200`]
}

const read = (...names: string[]): Row[] => names.map((name) => `GET blob ${name} 200`)

describe('buildkit', () => {
  let registry: TestRegistry

  beforeAll(async () => {
    registry = await startRegistry()
  })

  afterAll(() => registry?.stop())

  test.each(['oci', 'docker'] as const)(
    'exports a cache as an index of layers, types of %s',
    async (types) => {
      const contents = cacheOf('index', types)
      const run = replayer(registry, `buildkit/cache-${types}`, contents)
      await run(upload('base'), upload('layer'), upload('config'), put('cache main'))
      await run(resolve('cache main'), read('config', 'base', 'layer'))
    },
  )

  test('exports a cache as an image', async () => {
    const run = replayer(registry, 'buildkit/cache-image', cacheOf('image', 'oci'))
    await run(upload('base'), upload('layer'), upload('config'), put('cache main'))
    await run(resolve('cache main'), read('config', 'layer'))
  })

  test('exports a cache anew under the same tag', async () => {
    const first = cacheOf('index', 'oci')
    const second = cacheOf('index', 'oci', first)
    const name = 'buildkit/cache-again'
    await replayer(registry, name, first)(
      upload('base'),
      upload('layer'),
      upload('config'),
      put('cache main'),
    )
    const run = replayer(registry, name, second)
    await run(['HEAD blob base 200'], upload('layer'), upload('config'))
    expect(await digestOf(registry, name, 'main')).toBe(first['cache']?.descriptor.digest)
    await run(['PUT manifest cache main 201'], resolve('cache main'), read('base', 'layer', 'config'))
    await replayer(registry, name, first)(['GET manifest cache 200'], read('layer'))
  })

  test('pushes an image with its attestations', async () => {
    const contents = imageOf('image')
    const run = replayer(registry, 'buildkit/attested', contents)
    await run(upload('layer'), upload('config'), upload('sbom'), upload('provenance'), upload('about'))
    await run(put('image'), put('attestation'), put('index 1'))
    await run(resolve('index 1'), ['GET manifest attestation 200'], read('about', 'sbom', 'provenance'))
    const { digest = '' } = contents['image']?.descriptor ?? {}
    expect(await referrersOf(registry, 'buildkit/attested', digest)).toEqual([])
  })

  test('pushes attestations as artifacts about the image', async () => {
    const contents = imageOf('artifact')
    const run = replayer(registry, 'buildkit/artifact', contents)
    await run(upload('layer'), upload('config'), upload('sbom'), upload('provenance'), upload('about'))
    await run(put('image'), put('attestation'), put('index 1'), resolve('index 1'))
    const { digest = '' } = contents['image']?.descriptor ?? {}
    const found = await referrersOf(registry, 'buildkit/artifact', digest)
    const artifactType = 'application/vnd.docker.attestation.manifest.v1+json'
    expect(found).toMatchObject([{ digest: contents['attestation']?.descriptor.digest, artifactType }])
  })

  test('pushes the same again, and under another tag', async () => {
    const run = replayer(registry, 'buildkit/again', imageOf('image'))
    const blobs = ['layer', 'config', 'sbom', 'provenance', 'about']
    const manifests = ['image', 'attestation', 'index']
    await run(...blobs.map(upload), put('image'), put('attestation'), put('index 1'))
    const there = blobs.map((name) => `HEAD blob ${name} 200`)
    const known = manifests.slice(0, 2).map((name) => `HEAD manifest ${name} 200`)
    await run(there, known, ['HEAD manifest index 1 200'])
    await run(there, known, put('index 2'), resolve('index 2'))
  })

  test('mounts the layers of another repository, and uploads the ones not there', async () => {
    const contents = imageOf('image')
    const layer = contents['layer'] ?? makeContent(Buffer.of(), '')
    await pushBlob(registry, 'buildkit/source', layer.bytes, layer.descriptor.digest)
    const run = replayer(registry, 'buildkit/mounted', contents, 'buildkit/source')
    await run(['HEAD blob layer 404', 'MOUNT blob layer 201', 'HEAD blob layer 200'])
    await run(['HEAD blob config 404', 'MOUNT blob config 202', 'PUT blob config 201'], put('image 1'))
  })

  test('pushes a layer of no bytes', async () => {
    const contents = { empty: makeContent(Buffer.alloc(0), 'application/vnd.oci.image.layer.v1.tar') }
    await replayer(registry, 'buildkit/empty', contents)(upload('empty'), read('empty'))
  })

  test('asks for a blob where it first looks for a manifest', async () => {
    const contents = { layer: makeContent(randomBytes(99), 'application/vnd.oci.image.layer.v1.tar+gzip') }
    const run = replayer(registry, 'buildkit/resolve', contents)
    await run(upload('layer'), ['HEAD manifest layer 404', 'HEAD blob layer 200'])
  })

  test('is told that a layer of the cache is missing', async () => {
    const run = replayer(registry, 'buildkit/missing', cacheOf('index', 'oci'))
    await run(upload('base'), upload('config'), [
      'HEAD manifest cache main 404',
      'PUT manifest cache main 404',
    ])
  })

  test.skipIf(external !== undefined)('gives its password once it is asked for it', async () => {
    const closed = await startRegistry('--user', 'ann:secret')
    try {
      const contents = cacheOf('image', 'oci')
      await replayer(
        closed,
        'buildkit/closed',
        contents,
      )(['HEAD blob base 401', 'HEAD manifest cache main 401'])
      const wrong = replayer(closed, 'buildkit/closed', contents, undefined, 'ann:wrong')
      await wrong(['HEAD blob base 401', 'POST blob base 401', 'PUT manifest cache main 401'])
      const run = replayer(closed, 'buildkit/closed', contents, undefined, 'ann:secret')
      await run(upload('base'), upload('layer'), upload('config'), put('cache main'), resolve('cache main'))
    } finally {
      await closed.stop()
    }
  })
})
