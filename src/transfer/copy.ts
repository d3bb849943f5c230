/**
 * Copying an image from one registry to another.
 * @module
 */

import { isDigestReference, isIndexType, RegistryError, type Tag } from '../oci/index.ts'
import type { Manifest } from '../registry.ts'
import { type Job, jobOf } from './job.ts'
import { copyManifest, copyReferrers, read } from './manifests.ts'
import type { Copied, CopyOptions, Destination, Source } from './options.ts'
import { choose } from './platform.ts'

/**
 * Copies an image, an index with all its images, or any other artifact, byte for byte, so that it keeps its digest.
 *
 * What is there is not sent again; a blob that another repository of the same registry has is mounted. Blobs go
 * before the manifest that needs them, children before their index, and the tags are set last: whoever pulls meanwhile
 * gets the old or the new. So a copy that was ended goes on where it was when it is begun again. Layers that are to be
 * had elsewhere (`urls`) are not copied. Bytes stream: the memory does not grow with what is copied.
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { copy } from 'ocikit/transfer'
 *
 * const [here, there] = [createStore({ storage: memory() }), createStore({ storage: memory() })]
 * await here.pushManifest('app', new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}'), '', { tags: ['v1'] })
 * const copied = await copy(
 *   { registry: here, repository: 'app', reference: 'v1' },
 *   { registry: there, repository: 'mirror/app' },
 * )
 * console.log(copied.tags[0], copied.manifests) // v1 1
 * ```
 * @throws `RegistryError` of the side that has failed; TypeError for options that make no sense, and for a platform that
 *   the index does not have.
 */
export async function copy(
  source: Source,
  destination: Destination,
  options: CopyOptions = {},
): Promise<Copied> {
  return copyWith(source, destination, options)
}

/** The same, with what was learned by copies before. */
export async function copyWith(
  source: Source,
  destination: Destination,
  options: CopyOptions,
  placed?: Job['placed'],
): Promise<Copied> {
  const end = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, end.signal]) : end.signal
  const failures: unknown[] = []
  const stop = (error: unknown): void => {
    failures.push(error)
    end.abort(error)
  }
  const job = jobOf(source, destination, options, stop, signal, placed)
  try {
    const root = await rootOf(job)
    const tags = tagsOf(job, root, options.tags)
    await copyManifest(job, root, tags)
    await copyReferrers(job)
    return { descriptor: root.descriptor, tags, ...job.counts }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw failures[0] ?? error
  }
}

/** What is copied: for one platform the image in the index rather than the index. */
async function rootOf(job: Job): Promise<Manifest> {
  let root = await read(job, job.from.reference)
  const [platform] = job.platforms
  while (platform && job.platforms.length === 1 && isIndexType(root.descriptor.mediaType))
    root = await read(job, choose(root.bytes, platform))
  return root
}

function tagsOf({ from, to }: Job, { descriptor }: Manifest, more: readonly Tag[] = []): Tag[] {
  const reference = to.reference ?? (isDigestReference(from.reference) ? undefined : from.reference)
  if (reference === undefined) return [...more]
  if (!isDigestReference(reference)) return [...new Set([reference, ...more])]
  if (reference === descriptor.digest) return [...more]
  throw new RegistryError(
    'DIGEST_INVALID',
    `what is copied has the digest ${descriptor.digest}, not ${reference}`,
  )
}
