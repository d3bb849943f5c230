/**
 * Manifests and tags.
 * @module
 */

import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../oci/index.ts'
import { utf8 } from '../storage/scope.ts'
import {
  descriptorOf,
  digestOf,
  imageOf,
  indexOf,
  manifestOf,
  type Sample,
  unknownDigest,
} from './samples.ts'
import type { RegistryTests } from './scope.ts'

/** Bytes that are no manifest, whatever their type. */
const NONSENSE: readonly string[] = [
  '',
  'no JSON',
  'null',
  '[]',
  '"text"',
  '{}',
  '{"schemaVersion":2}',
  '{"schemaVersion":1,"name":"a","tag":"b","fsLayers":[],"history":[],"signatures":[]}',
  '{"schemaVersion":2,"config":{},"layers":[]}',
  '{"schemaVersion":2,"manifests":{}}',
  '{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"x","size":1}]}',
  '{"schemaVersion":2,"manifests":[],"layers":[]}',
  '{"schemaVersion":2,"manifests":[],"subject":"sha256:abc"}',
  '{"schemaVersion":2,"manifests":[],"annotations":{"a":1}}',
  '{"schemaVersion":2,"mediaType":7,"manifests":[]}',
]

/** Pushing, reading and refusing manifests. */
export const manifestTests: RegistryTests = {
  'manifests: an image, by tag and by digest, byte for byte': async (scope) => {
    const { image } = await scope.pushImage(['latest'])
    for (const reference of ['latest', image.digest] as const) await scope.expectManifest(reference, image)
  },

  'manifests: the push tells what is stored': async ({ put, id, expect }) => {
    const index = await indexOf([], { annotations: { id } })
    const pushed = await put(index, ['one', 'two'])
    expect(pushed.descriptor.digest).toBe(index.digest)
    expect([...pushed.tags].sort()).toEqual(['one', 'two'])
    expect(pushed.subject).toBe(undefined)
  },

  'manifests: without a digest it is sha256': async ({ registry, repo, id, expectManifest, expect }) => {
    const index = await indexOf([], { annotations: { id } })
    const pushed = await registry.pushManifest(repo, index.bytes, OCI_INDEX)
    expect(pushed.descriptor.digest).toBe(index.digest)
    await expectManifest(index.digest, index)
  },

  'manifests: by sha512, with a tag': async ({ put, id, expectManifest, expectNoManifest }) => {
    const fields = { mediaType: OCI_INDEX, manifests: [], annotations: { id } }
    const index = await manifestOf(fields, OCI_INDEX, 'sha512')
    await put(index, ['latest'])
    for (const reference of [index.digest, 'latest'] as const) await expectManifest(reference, index)
    await expectNoManifest(await digestOf(index.bytes))
  },

  'manifests: an index of images and of an index': async ({ pushImage, put, expectManifest }) => {
    const { image } = await pushImage([])
    const inner = await indexOf([image])
    await put(inner)
    const outer = await indexOf([image, inner])
    await put(outer, ['outer'])
    await expectManifest('outer', outer)
    await expectManifest(inner.digest, inner)
  },

  'manifests: Docker images and lists stay what they are': async ({ pushImage, put, expectManifest }) => {
    const { config, layer } = await pushImage([])
    const image = await imageOf(config, [layer], { mediaType: DOCKER_MANIFEST })
    const docker: Sample = { ...image, mediaType: DOCKER_MANIFEST }
    await put(docker, ['image'])
    await expectManifest('image', docker)
    const list = await manifestOf({ mediaType: DOCKER_LIST, manifests: [descriptorOf(docker)] }, DOCKER_LIST)
    await put(list, ['list'])
    await expectManifest('list', list)
  },

  'manifests: the type is that of the body, of the call, or of the fields': async (scope) => {
    const { registry, repo, id, pushImage, expectManifest } = scope
    const { config, layer } = await pushImage([])
    const untyped = await imageOf(config, [layer], { mediaType: undefined, annotations: { id } })
    const typed = await imageOf(config, [layer])
    for (const type of [OCI_MANIFEST, '', 'application/json', `${OCI_MANIFEST}; charset=utf-8`]) {
      for (const it of [untyped, typed]) {
        await registry.pushManifest(repo, it.bytes, type, { tags: ['latest'] })
        await expectManifest('latest', it)
      }
    }
  },

  'manifests: a type that the body contradicts is refused': async (scope) => {
    const { registry, repo, pushImage, expectCode } = scope
    const { image } = await pushImage([])
    for (const type of [OCI_INDEX, DOCKER_MANIFEST, 'application/vnd.example+json'])
      await expectCode(registry.pushManifest(repo, image.bytes, type), 'MANIFEST_INVALID')
  },

  'manifests: nonsense is refused and not stored': async (scope) => {
    const { registry, repo, expectCode, expectNoManifest } = scope
    for (const text of NONSENSE) {
      for (const type of [OCI_MANIFEST, OCI_INDEX, '']) {
        const push = registry.pushManifest(repo, utf8(text), type, { tags: ['latest'] })
        await expectCode(push, 'MANIFEST_INVALID', 'MANIFEST_BLOB_UNKNOWN')
      }
      await expectNoManifest(await digestOf(utf8(text)))
    }
    await expectNoManifest('latest')
  },

  'manifests: a wrong digest is refused and not stored': async (scope) => {
    const { registry, repo, id, expectCode, expectNoManifest } = scope
    const index = await indexOf([], { annotations: { id } })
    for (const digest of [await unknownDigest(), await unknownDigest('sha512'), `blake3:${'a'.repeat(64)}`]) {
      const options = { digest: digest as Sample['digest'], tags: ['latest'] }
      await expectCode(registry.pushManifest(repo, index.bytes, OCI_INDEX, options), 'DIGEST_INVALID')
      await expectNoManifest(options.digest)
    }
    await expectNoManifest(index.digest)
    await expectNoManifest('latest')
  },

  'manifests: unknown fields and annotations are kept': async ({ put, id, expectManifest }) => {
    const custom = { 'org.example.custom': { nested: [1, 'ü', null] }, annotations: { id, k: 'v' } }
    const index = await indexOf([], custom)
    await put(index, ['latest'])
    await expectManifest('latest', index)
  },

  'manifests: what was not pushed is not there': async ({
    repo,
    pushIndex,
    blob,
    push,
    expectNoManifest,
  }) => {
    for (const reference of ['latest', await unknownDigest()] as const) await expectNoManifest(reference)
    await pushIndex(['here'])
    for (const reference of ['latest', await unknownDigest(), await unknownDigest('sha512')] as const)
      await expectNoManifest(reference, repo)
    await expectNoManifest((await push(await blob())).digest, repo)
  },

  'manifests: another repository does not show them': async ({ pushIndex, other, expectNoManifest }) => {
    const index = await pushIndex(['latest'])
    for (const reference of ['latest', index.digest] as const) await expectNoManifest(reference, other)
  },

  'manifests: are no blobs': async ({ pushIndex, expectNoBlob }) => {
    await expectNoBlob((await pushIndex(['latest'])).digest)
  },

  'tags: a push moves them, the old manifest stays': async ({ pushIndex, expectManifest }) => {
    const first = await pushIndex(['latest', 'old'], { annotations: { n: '1' } })
    const second = await pushIndex(['latest'], { annotations: { n: '2' } })
    await expectManifest('latest', second)
    await expectManifest('old', first)
    await expectManifest(first.digest, first)
  },

  'tags: capitals, dots and 128 characters': async ({
    pushIndex,
    expectManifest,
    registry,
    repo,
    expect,
  }) => {
    const tags = ['V1', 'v1', '_x', '1.0-rc.1', 'T'.repeat(128)]
    const index = await pushIndex(tags)
    for (const tag of tags) await expectManifest(tag, index)
    const second = await pushIndex(['V1'], { annotations: { n: '2' } })
    expect((await registry.resolveManifest(repo, 'v1')).digest).toBe(index.digest)
    expect((await registry.resolveManifest(repo, 'V1')).digest).toBe(second.digest)
  },
}
