/**
 * Deletes: what is deleted is gone for the very next call.
 * @module
 */

import { textOf, unknownDigest } from './samples.ts'
import { all, type RegistryTests } from './scope.ts'

/** Blobs, manifests and tags. */
export const deleteTests: RegistryTests = {
  'deletes: a blob': async ({ registry, repo, push, blob, expectNoBlob, expectBlob }) => {
    const it = await push(await blob())
    await registry.deleteBlob(repo, it.digest)
    await expectNoBlob(it.digest)
    await expectBlob(await push(it))
  },

  'deletes: a blob that is not there': async ({ registry, repo, other, push, blob, expectCode }) => {
    const it = await push(await blob())
    const gone = ['BLOB_UNKNOWN', 'NAME_UNKNOWN']
    await expectCode(registry.deleteBlob(other, it.digest), ...gone)
    await expectCode(registry.deleteBlob(repo, await unknownDigest()), ...gone)
    await expectCode(registry.deleteBlob(repo, `blake3:${'a'.repeat(64)}`), ...gone)
    await registry.deleteBlob(repo, it.digest)
    await expectCode(registry.deleteBlob(repo, it.digest), ...gone)
  },

  'deletes: a blob stays in other repositories': async (scope) => {
    const { registry, repo, other, push, blob, expectBlob } = scope
    const it = await push(await blob())
    await push(it, other)
    await registry.deleteBlob(repo, it.digest)
    await expectBlob(it, other)
  },

  'deletes: a blob under one name stays under another': async ({ registry, repo, id, push, ...scope }) => {
    const short = await push(await textOf(id))
    const long = await push(await textOf(id, undefined, 'sha512'))
    await registry.deleteBlob(repo, short.digest)
    await scope.expectNoBlob(short.digest)
    await scope.expectBlob(long)
  },

  'deletes: a manifest takes all its tags with it': async (scope) => {
    const { registry, repo, pushIndex, expectNoManifest, expectManifest, expect } = scope
    const gone = await pushIndex(['one', 'two', 'moved'], { annotations: { n: '1' } })
    const kept = await pushIndex(['moved', 'three'], { annotations: { n: '2' } })
    await registry.deleteManifest(repo, gone.digest)
    for (const reference of [gone.digest, 'one', 'two'] as const) await expectNoManifest(reference)
    for (const reference of [kept.digest, 'moved', 'three'] as const) await expectManifest(reference, kept)
    expect(await all(registry.tags(repo))).toEqual(['moved', 'three'])
  },

  'deletes: a manifest that is not there': async ({ registry, repo, other, pushIndex, expectCode }) => {
    const { digest } = await pushIndex(['latest'])
    const gone = ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN']
    await expectCode(registry.deleteManifest(other, digest), ...gone)
    await expectCode(registry.deleteManifest(repo, await unknownDigest()), ...gone)
    await registry.deleteManifest(repo, digest)
    await expectCode(registry.deleteManifest(repo, digest), ...gone)
  },

  'deletes: a manifest pushed again has only its new tags': async (scope) => {
    const { registry, repo, put, pushIndex, expectManifest, expectNoManifest, expect } = scope
    const it = await pushIndex(['old'])
    await registry.deleteManifest(repo, it.digest)
    await put(it, ['new'])
    await expectManifest('new', it)
    await expectNoManifest('old')
    expect(await all(registry.tags(repo))).toEqual(['new'])
  },

  'deletes: a manifest leaves its blobs and its children': async (scope) => {
    const { registry, repo, pushImage, expectBlob } = scope
    const { image, config, layer } = await pushImage(['latest'])
    await registry.deleteManifest(repo, image.digest)
    for (const each of [config, layer]) await expectBlob(each)
  },

  'deletes: a tag leaves its manifest and its other tags': async (scope) => {
    const { registry, repo, pushIndex, expectManifest, expectNoManifest, expect } = scope
    const it = await pushIndex(['one', 'two'])
    await registry.deleteTag(repo, 'one')
    await expectNoManifest('one')
    for (const reference of [it.digest, 'two'] as const) await expectManifest(reference, it)
    await registry.deleteTag(repo, 'two')
    await expectManifest(it.digest, it)
    expect(await all(registry.tags(repo))).toEqual([])
  },

  'deletes: a tag that is not there': async ({ registry, repo, other, pushIndex, expectCode }) => {
    await pushIndex(['latest'])
    const gone = ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN']
    await expectCode(registry.deleteTag(other, 'latest'), ...gone)
    await expectCode(registry.deleteTag(repo, 'unknown'), ...gone)
    await registry.deleteTag(repo, 'latest')
    await expectCode(registry.deleteTag(repo, 'latest'), ...gone)
  },
}
