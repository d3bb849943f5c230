import { isDigestReference } from '../../oci/index.ts'
import type { Content, Reader, Registry } from '../../registry.ts'
import type { Observer } from './observe.ts'
import { baseOf, described, type PullEvent } from './types.ts'

/**
 * The reads that are pulls. The stream of a blob is handed on as it is, so that a runtime can still send the file
 * behind it; a pull is therefore told when its body begins to be read, or its URL is given out, and not when it ends.
 */
export function pulling(inner: Registry, observer: Observer): Pick<Reader, 'getBlob' | 'getManifest'> {
  return {
    async getBlob(repo, digest, options) {
      const planned: PullEvent = { type: 'pull', ...baseOf(repo, options?.context), what: 'blob', digest }
      await observer.pull(planned)
      const content = await inner.getBlob(repo, digest, options)
      const { descriptor, range, location } = content
      const event: PullEvent = { ...planned, ...described(descriptor), ...(range ? { range } : {}) }
      if (location === undefined) return toldWhenOpened(content, () => observer.pulled(event))
      observer.pulled(event)
      return content
    },
    async getManifest(repo, reference, options) {
      const named = isDigestReference(reference) ? { digest: reference } : { tag: reference }
      const base = baseOf(repo, options?.context)
      const planned: PullEvent = { type: 'pull', ...base, what: 'manifest', ...named }
      await observer.pull(planned)
      const manifest = await inner.getManifest(repo, reference, options)
      observer.pulled({ ...planned, ...described(manifest.descriptor) })
      return manifest
    },
  }
}

function toldWhenOpened(content: Content, tell: () => void): Content {
  const { descriptor, range } = content
  return {
    descriptor,
    ...(range ? { range } : {}),
    stream() {
      const stream = content.stream()
      tell()
      return stream
    },
    async bytes(limit) {
      const bytes = await content.bytes(limit)
      tell()
      return bytes
    },
    [Symbol.asyncDispose]: () => content[Symbol.asyncDispose](),
  }
}
