/** What distribution keeps, made by hand: what is seen of it, in which order, and what is not. */

import { rm, truncate, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { distributionFolder } from '../../adapters/layout/index.ts'
import type { Distribution } from '../../src/distribution/index.ts'
import { createStore, memory } from '../../src/index.ts'
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../src/oci/index.ts'
import {
  indexOf,
  manifestOf,
  type Sample,
  textOf,
  unknownDigest,
} from '../../src/testing/registry/samples.ts'
import { all, type Scope, scopeOf } from '../../src/testing/registry/scope.ts'
import { sync } from '../../src/transfer/index.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { type Kept, keptIn } from './kept.ts'

let folder: Folder
let kept: Kept
let registry: Distribution
let scope: Scope

beforeEach(async () => {
  folder = await temporaryFolder()
  kept = keptIn(folder)
  registry = distributionFolder(folder.path)
  scope = scopeOf(registry, expect)
})
afterEach(() => folder.remove())

const numbered = (no: number | string, more: object = {}): Promise<Sample> =>
  indexOf([], { annotations: { no: String(no) }, ...more })

test('an empty folder holds nothing, and says so', async () => {
  expect(await registry.isThere()).toBe(false)
  expect(await all(registry.repositories())).toEqual([])
  await scope.expectCode(all(registry.tags('a')), 'NAME_UNKNOWN')
  await scope.expectNoManifest('v1', 'a')
  await scope.expectNoBlob(await unknownDigest(), 'a')
  expect(await all(registry.referrers('a', await unknownDigest()))).toEqual([])
})

test('a blob is in those repositories only that have a link to it', async () => {
  const blob = await textOf('some blob')
  await kept.blob('a', blob)
  await kept.manifest('b', await numbered(1), 'v1')
  expect(await registry.isThere()).toBe(true)
  await scope.expectBlob(blob, 'a')
  await scope.expectNoBlob(blob.digest, 'b')
  const part = await registry.getBlob('a', blob.digest, { range: { first: 5, last: 8 } })
  expect([part.range, await part.bytes()]).toEqual([{ offset: 5, length: 4 }, blob.bytes.slice(5)])
  await rm(kept.linkAt('a', '_layers', blob.digest))
  await scope.expectNoBlob(blob.digest, 'a')
})

test('a manifest is there by its link, and by the newest name of a tag', async () => {
  const [one, two] = [await numbered(1), await numbered(2)]
  await kept.manifest('a', one, 'v1', 'old')
  await kept.manifest('a', two, 'v1')
  await scope.expectManifest('v1', two, 'a')
  await scope.expectManifest('old', one, 'a')
  await scope.expectManifest(one.digest, one, 'a')
  await scope.expectNoManifest(one.digest, 'b')
  await rm(kept.linkAt('a', '_manifests/revisions', one.digest))
  await scope.expectNoManifest(one.digest, 'a')
  await scope.expectNoManifest('old', 'a')
})

test.each<[string, object, string]>([
  [
    'what it states',
    { schemaVersion: 2, mediaType: DOCKER_MANIFEST, config: {}, layers: [] },
    DOCKER_MANIFEST,
  ],
  ['an index by its shape', { schemaVersion: 2, manifests: [] }, OCI_INDEX],
  ['an image by its shape', { schemaVersion: 2, config: {}, layers: [] }, OCI_MANIFEST],
  [
    'schema 1',
    { schemaVersion: 1, name: 'a', fsLayers: [] },
    'application/vnd.docker.distribution.manifest.v1+json',
  ],
  [
    'schema 1, signed',
    { schemaVersion: 1, name: 'a', signatures: [] },
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ],
])('the type of a manifest is %s', async (_, body, mediaType) => {
  const manifest = await textOf(JSON.stringify(body), mediaType)
  await kept.manifest('a', manifest, 'v1')
  await scope.expectManifest('v1', manifest, 'a')
})

test('an image of schema 1 cannot move, and is named', async () => {
  const old = await textOf(JSON.stringify({ schemaVersion: 1, name: 'a', fsLayers: [] }))
  await kept.manifest('a', old, 'old')
  await kept.manifest('a', await numbered(1), 'v1')
  const told: string[] = []
  const moved = await sync(registry, createStore({ storage: memory() }), {
    onTag: ({ tag, state, error }) => void told.push(`${tag} ${state} ${error?.message ?? ''}`.trim()),
  })
  expect(moved).toMatchObject({ copied: 1, failed: 1 })
  expect(told).toEqual([expect.stringMatching(/^old failed .*schema 1 is not accepted/), 'v1 copied'])
})

test('names are in bytewise order, with true bounds, and what is no repository is none', async () => {
  const names = ['a', 'a-b', 'a.b', 'a/b', 'a/b/c', 'a0', 'team/app', 'team/app-x', 'z']
  for (const [no, name] of names.entries()) await kept.manifest(name, await numbered(no), 'v1')
  const gone = await numbered('gone')
  await kept.manifest('gone', gone)
  await rm(kept.linkAt('gone', '_manifests/revisions', gone.digest))
  await kept.blob('blobs-only', await textOf('blob'))
  const damaged = `repositories/damaged/_manifests/revisions/${gone.digest.replace(':', '/')}/link`
  await kept.write(damaged, 'x'.repeat(100_000))
  await kept.write('repositories/Not A Name/_manifests/tags/v1/current/link', 'x')
  const sorted = [...names].sort()
  expect(await all(registry.repositories())).toEqual(sorted)
  for (const after of ['', 'a', 'a-', 'a/', 'a/b', 'a/c', 'b', 'team', 'team/app', 'team/app-x', 'zz'])
    for (const limit of [0, 1, 3, 100]) {
      const expected = sorted.filter((name) => name > after).slice(0, limit)
      expect([after, limit, await all(registry.repositories({ after, limit }))]).toEqual([
        after,
        limit,
        expected,
      ])
    }
})

test('tags are in bytewise order, with true bounds; those of an untagged repository are none', async () => {
  const tags = ['v1', 'v1-rc', 'v1.0', 'V2', '_', 'latest']
  await kept.manifest('a', await numbered(1), ...tags)
  await kept.manifest('b', await numbered(2))
  const sorted = [...tags].sort()
  expect(await all(registry.tags('a'))).toEqual(sorted)
  expect(await all(registry.tags('a', { after: 'v1', limit: 1 }))).toEqual(['v1-rc'])
  expect(await all(registry.tags('b'))).toEqual([])
  await scope.expectCode(all(registry.tags('c')), 'NAME_UNKNOWN')
})

test('referrers are found in the manifests, of each repository its own, but not those that were deleted', async () => {
  const subject = await numbered('subject')
  const about = { subject: { mediaType: OCI_INDEX, digest: subject.digest, size: subject.bytes.length } }
  const referrers = await Promise.all(
    Array.from({ length: 20 }, (_, no) =>
      numbered(no, { ...about, artifactType: no % 2 ? 'test/odd' : 'test/even' }),
    ),
  )
  await kept.manifest('a', subject, 'v1')
  for (const each of referrers) await kept.manifest('a', each)
  await kept.manifest('b', referrers[0]!)
  await kept.write(`repositories/a/_manifests/revisions/sha256/${'0'.repeat(64)}/link`, 'cut of')
  const sorted = referrers.map(({ digest }) => digest).sort()
  const listed = async (options = {}, repo = 'a') =>
    (await all(registry.referrers(repo, subject.digest, options))).map(({ descriptor }) => descriptor.digest)
  expect(await listed()).toEqual(sorted)
  expect(await listed({ after: sorted[11] })).toEqual(sorted.slice(12))
  expect(await listed({}, 'b')).toEqual([referrers[0]!.digest])
  const odd = await all(registry.referrers('a', subject.digest, { artifactTypes: ['test/odd'] }))
  expect(odd.map(({ descriptor }) => descriptor.artifactType)).toEqual(Array(10).fill('test/odd'))
  await rm(kept.linkAt('a', '_manifests/revisions', sorted[0]!))
  expect(await listed()).toEqual(sorted.slice(1))
})

test('wrong bytes end in an error, and damaged links and manifests are none', async () => {
  const blob = await textOf('x'.repeat(600_000))
  await kept.blob('a', blob)
  await writeFile(kept.dataAt(blob.digest), `${'x'.repeat(599_999)}y`)
  const read = async () => {
    let length = 0
    const content = await registry.getBlob('a', blob.digest)
    try {
      for await (const chunk of content.stream()) length += chunk.length
    } catch (error) {
      return { length, error }
    }
    return { length, error: null }
  }
  const { length, error } = await read()
  expect(error).toMatchObject({ code: 'DIGEST_INVALID' })
  // What came before is no whole.
  expect(length).toBeLessThan(600_000)
  await truncate(kept.dataAt(blob.digest), 0)
  expect((await read()).error).toMatchObject({ code: 'DIGEST_INVALID' })
  for (const text of [
    '',
    'nonsense',
    '../../../etc/passwd',
    blob.digest.toUpperCase(),
    'x'.repeat(100_000),
  ]) {
    await writeFile(kept.linkAt('a', '_layers', blob.digest), text)
    await scope.expectNoBlob(blob.digest, 'a')
  }
  const manifest = await numbered(1)
  await kept.manifest('a', manifest, 'v1')
  await writeFile(kept.dataAt(manifest.digest), '{}')
  await scope.expectCode(registry.getManifest('a', 'v1'), 'MANIFEST_UNKNOWN')
  await writeFile(kept.dataAt(manifest.digest), Buffer.alloc(5 * 1024 * 1024))
  await scope.expectCode(registry.getManifest('a', 'v1'), 'SIZE_INVALID')
  expect(await all(registry.referrers('a', manifest.digest))).toEqual([])
})

test('what came under its sha512 is a link to its sha256, and has to be that', async () => {
  const [blob, other] = [await textOf('some blob'), await textOf('another')]
  const long = await textOf('some blob', undefined, 'sha512')
  for (const each of [blob, other]) await kept.blob('a', each)
  await kept.blob('b', long)
  await writeFile(kept.linkAt('b', '_layers', long.digest), blob.digest)
  await rm(kept.dataAt(long.digest))
  await scope.expectBlob(long, 'b')
  await scope.expectNoBlob(blob.digest, 'b')
  await writeFile(kept.linkAt('b', '_layers', long.digest), other.digest)
  const content = await registry.getBlob('b', long.digest)
  await expect(content.bytes()).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
})

test('no name leads out of its folder', async () => {
  await kept.manifest('a', await numbered(1), 'v1')
  await scope.expectCode(registry.getManifest('a/../a', 'v1'), 'NAME_INVALID')
  await scope.expectCode(registry.resolveBlob('../repositories/a', await unknownDigest()), 'NAME_INVALID')
  await scope.expectCode(all(registry.tags('a/_manifests')), 'NAME_INVALID')
  await scope.expectCode(registry.getManifest('a', '../tags/v1'), 'TAG_INVALID')
})

test('nothing can be changed', async () => {
  const manifest = await manifestOf({ manifests: [] }, OCI_INDEX)
  await kept.manifest('a', manifest, 'v1')
  await scope.expectCode(registry.startUpload('a'), 'UNSUPPORTED')
  await scope.expectCode(registry.deleteTag('a', 'v1'), 'UNSUPPORTED')
  await scope.expectCode(registry.deleteManifest('a', manifest.digest), 'UNSUPPORTED')
  await scope.expectCode(registry.pushManifest('a', manifest.bytes, OCI_INDEX), 'UNSUPPORTED')
})
