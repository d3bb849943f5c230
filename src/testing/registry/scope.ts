/**
 * What a test of the registry suite works with.
 * @module
 */

import { type Digest, RegistryError, type Tag } from '../../oci/index.ts'
import type { PushedManifest, Registry } from '../../registry.ts'
import type { Expect } from '../expect.ts'
import { drain, utf8 } from '../storage/scope.ts'
import { configOf, digestOf, type Fields, imageOf, indexOf, type Sample, textOf } from './samples.ts'

/** Tests by name. */
export type RegistryTests = Readonly<Record<string, (scope: Scope) => Promise<void>>>

/** One test's corner of a registry. */
export interface Scope {
  readonly registry: Registry
  readonly expect: Expect
  /** Unique for the test. */
  readonly id: string
  /** A repository of this test. */
  readonly repo: string
  /** Another one. */
  readonly other: string
  /** A blob that no other test has, not pushed yet. */
  blob(text?: string): Promise<Sample>
  /** Pushes a blob to `repo` or another repository. */
  push(blob: Sample, repo?: string): Promise<Sample>
  /** Pushes a manifest that needs no blob. */
  pushIndex(tags: readonly Tag[], fields?: Fields, repo?: string): Promise<Sample>
  /** Pushes a manifest as it is. */
  put(manifest: Sample, tags?: readonly Tag[], repo?: string): Promise<PushedManifest>
  /** Pushes an image with a config and a layer. */
  pushImage(tags: readonly Tag[], fields?: Fields): Promise<{ image: Sample; config: Sample; layer: Sample }>
  /** Expects exactly these bytes in a repository. */
  expectBlob(blob: Sample, repo?: string): Promise<void>
  /** Expects that a blob can neither be read nor resolved. */
  expectNoBlob(digest: Digest, repo?: string): Promise<void>
  /** Expects exactly this manifest under a tag or digest. */
  expectManifest(reference: Digest | Tag, manifest: Sample, repo?: string): Promise<void>
  /** Expects that nothing is under a tag or digest. */
  expectNoManifest(reference: Digest | Tag, repo?: string): Promise<void>
  /** Expects an error with one of these codes. */
  expectCode(promise: Promise<unknown>, ...codes: string[]): Promise<RegistryError>
  /** Expects any error. */
  expectRejection(promise: Promise<unknown>): Promise<void>
}

/** A corner of `registry` that nobody else uses. */
export function scopeOf(registry: Registry, expect: Expect): Scope {
  const id = crypto.randomUUID()
  const repo = `suite/${id}/one`
  const scope: Scope = {
    registry,
    expect,
    id,
    repo,
    other: `suite/${id}/two`,
    blob: (text = 'blob') => textOf(`${text} ${id}`),
    async push(blob, where = repo) {
      await registry.pushBlob(where, { digest: blob.digest, size: blob.bytes.length }, blob.bytes)
      return blob
    },
    async pushIndex(tags, fields = {}, where = repo) {
      const index = await indexOf([], { annotations: { id, tags: tags.join() }, ...fields })
      await scope.put(index, tags, where)
      return index
    },
    put: (manifest, tags = [], where = repo) => {
      const { bytes, mediaType, digest } = manifest
      return registry.pushManifest(where, bytes, mediaType, { digest, tags })
    },
    async pushImage(tags, fields) {
      const config = await scope.push(await configOf(id))
      const layer = await scope.push(await scope.blob('layer'))
      const image = await imageOf(config, [layer], fields)
      await scope.put(image, tags)
      return { image, config, layer }
    },
    async expectBlob({ digest, bytes }, where = repo) {
      const content = await registry.getBlob(where, digest)
      expect([content.descriptor.digest, content.descriptor.size]).toEqual([digest, bytes.length])
      expect(content.range).toBe(undefined)
      expect(await digestOf(await drain(content.stream()))).toBe(await digestOf(bytes))
      const found = await registry.resolveBlob(where, digest)
      expect([found.digest, found.size]).toEqual([digest, bytes.length])
    },
    async expectNoBlob(digest, where = repo) {
      await scope.expectCode(registry.getBlob(where, digest), 'BLOB_UNKNOWN', 'NAME_UNKNOWN')
      await scope.expectCode(registry.resolveBlob(where, digest), 'BLOB_UNKNOWN', 'NAME_UNKNOWN')
    },
    async expectManifest(reference, { digest, mediaType, bytes }, where = repo) {
      const found = await registry.getManifest(where, reference)
      const descriptor = { mediaType, digest, size: bytes.length }
      expect(found.descriptor).toEqual(descriptor)
      expect(new TextDecoder().decode(found.bytes)).toBe(new TextDecoder().decode(bytes))
      expect(await registry.resolveManifest(where, reference)).toEqual(descriptor)
    },
    async expectNoManifest(reference, where = repo) {
      const codes = ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN']
      await scope.expectCode(registry.getManifest(where, reference), ...codes)
      await scope.expectCode(registry.resolveManifest(where, reference), ...codes)
    },
    async expectCode(promise, ...codes) {
      const error = await failureOf(promise)
      if (!(error instanceof RegistryError)) {
        throw new Error(`expected a RegistryError with ${codes.join(' or ')}, got ${error}`, { cause: error })
      }
      if (!codes.includes(error.code)) expect(`${error.code}: ${error.message}`).toBe(codes.join(' or '))
      return error
    },
    async expectRejection(promise) {
      expect((await failureOf(promise)) instanceof Error).toBe(true)
    },
  }
  return scope
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  )
}

/** Everything that a list gives. */
export async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const each of list) found.push(each)
  return found
}

/** A stream of texts, each a chunk of its own. */
export function streamOf(...texts: readonly string[]): ReadableStream<Uint8Array> {
  const chunks = texts.map(utf8)
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift()
      if (chunk) controller.enqueue(chunk)
      else controller.close()
    },
  })
}
