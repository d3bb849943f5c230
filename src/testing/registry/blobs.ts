/**
 * Blobs that are pushed in one call.
 * @module
 */

import { OCTET_STREAM } from '../../oci/index.ts'
import { noise, probe, utf8 } from '../storage/scope.ts'
import { sampleOf, textOf, unknownDigest } from './samples.ts'
import { type RegistryTests, streamOf } from './scope.ts'

/** Pushing, reading and describing whole blobs. */
export const blobTests: RegistryTests = {
  'blobs: a pushed one is read back exactly': async ({ registry, repo, blob, expectBlob, expect }) => {
    const it = await blob()
    const size = it.bytes.length
    const pushed = await registry.pushBlob(repo, { digest: it.digest, size }, it.bytes)
    expect([pushed.digest, pushed.size]).toEqual([it.digest, size])
    await expectBlob(it)
  },

  'blobs: resolving tells type, digest and size': async ({ registry, repo, push, blob, expect }) => {
    const { digest, bytes } = await push(await blob())
    const descriptor = { mediaType: OCTET_STREAM, digest, size: bytes.length }
    expect(await registry.resolveBlob(repo, digest)).toEqual(descriptor)
  },

  'blobs: one of no bytes': async ({ push, expectBlob }) => {
    await expectBlob(await push(await textOf('')))
  },

  'blobs: by sha512': async ({ id, push, expectBlob, expectNoBlob }) => {
    const it = await push(await textOf(id, OCTET_STREAM, 'sha512'))
    await expectBlob(it)
    await expectNoBlob((await textOf(id)).digest)
  },

  'blobs: as a stream, with and without its size': async ({ registry, repo, id, expectBlob }) => {
    for (const size of [undefined, id.length + 3]) {
      const it = await textOf(`${size === undefined ? 'abc' : 'xyz'}${id}`)
      const text = new TextDecoder().decode(it.bytes)
      const named = { digest: it.digest, ...(size === undefined ? {} : { size }) }
      await registry.pushBlob(repo, named, streamOf(text.slice(0, 5), text.slice(5)))
      await expectBlob(it)
    }
  },

  'blobs: more than a megabyte in odd chunks': async ({ registry, repo, expectBlob }) => {
    const it = await sampleOf(noise(1_500_001, 7))
    await registry.pushBlob(repo, { digest: it.digest }, probe(it.bytes).stream)
    await expectBlob(it)
  },

  'blobs: pushing the same again is no error': async ({ push, blob, expectBlob }) => {
    const it = await push(await blob())
    await push(it)
    await expectBlob(it)
  },

  'blobs: what was not pushed is not there': async ({ push, blob, repo, expectNoBlob }) => {
    await expectNoBlob(await unknownDigest())
    await push(await blob())
    await expectNoBlob(await unknownDigest(), repo)
    await expectNoBlob(await unknownDigest('sha512'), repo)
    await expectNoBlob(`blake3:${'a'.repeat(64)}`, repo)
  },

  'blobs: a repository does not show those of another': async ({ push, blob, other, expectNoBlob }) => {
    const { digest } = await push(await blob())
    await expectNoBlob(digest, other)
  },

  'blobs: a wrong digest stores nothing': async ({ registry, repo, blob, expectCode, expectNoBlob }) => {
    const it = await blob()
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const digest = await unknownDigest(algorithm)
      await expectCode(registry.pushBlob(repo, { digest }, it.bytes), 'DIGEST_INVALID')
      await expectNoBlob(digest)
    }
    await expectNoBlob(it.digest)
  },

  'blobs: an algorithm that cannot be stored is refused': async ({ registry, repo, expectCode }) => {
    const digest = `blake3:${'a'.repeat(64)}` as const
    await expectCode(registry.pushBlob(repo, { digest }, utf8('x')), 'DIGEST_INVALID')
  },

  'blobs: a body of another length stores nothing': async (scope) => {
    const { registry, repo, blob, expectCode, expectNoBlob } = scope
    const { digest, bytes } = await blob()
    const text = new TextDecoder().decode(bytes)
    for (const size of [bytes.length - 1, bytes.length + 1]) {
      await expectCode(registry.pushBlob(repo, { digest, size }, bytes), 'SIZE_INVALID')
      const stream = streamOf(text.slice(0, 3), text.slice(3))
      await expectCode(registry.pushBlob(repo, { digest, size }, stream), 'SIZE_INVALID')
    }
    await expectNoBlob(digest)
  },

  'blobs: a body that fails stores nothing': async ({ registry, repo, expectRejection, expectNoBlob }) => {
    const it = await sampleOf(noise(200_000, 3))
    await expectRejection(registry.pushBlob(repo, { digest: it.digest }, probe(it.bytes, 'fail').stream))
    await expectNoBlob(it.digest)
  },

  'blobs: many at once': async ({ push, blob, expectBlob }) => {
    const same = await blob('same')
    const several = await Promise.all([1, 2, 3, 4, 5].map((n) => blob(`number ${n}`)))
    await Promise.all([same, same, same, ...several].map((each) => push(each)))
    for (const each of [same, ...several]) await expectBlob(each)
  },
}
