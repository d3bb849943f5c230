/**
 * Copying manifests: what they refer to first, so that no manifest is ever there without it.
 * @module
 */

import { type Digest, isIndexType, parseManifest, RegistryError, type Tag } from '../oci/index.ts'
import type { Manifest } from '../registry.ts'
import { copyBlob, type WantedBlob } from './blobs.ts'
import { isNoManifest, type Job, once } from './job.ts'
import { childrenOf, chosen } from './platform.ts'
import { each } from './pool.ts'
import { orAbsent, retried } from './retry.ts'

/** How deep indexes may lie in indexes. */
const MAX_DEPTH = 16

/** Reads a manifest of the source. */
export function read({ from, call, tries }: Job, reference: Digest | Tag): Promise<Manifest> {
  return retried(tries, call.signal, () => from.registry.getManifest(from.repository, reference, call))
}

/** Copies a manifest with all that it refers to, and sets tags. */
export function copyManifest(
  job: Job,
  manifest: Manifest,
  tags: readonly Tag[] = [],
  depth = 0,
): Promise<void> {
  return once(job, manifest.descriptor.digest, () => copyFound(job, manifest, tags, depth))
}

/**
 * Copies what refers to the manifests that were copied, and what refers to that. Only after all of those: a referrer may
 * itself hold its subject.
 */
export async function copyReferrers(job: Job): Promise<void> {
  for (let subject = job.subjects.shift(); subject; subject = job.subjects.shift())
    await copyReferrersOf(job, subject)
}

/** The list has no digest of its own: when it names what is not there, it is read again. */
async function copyReferrersOf(job: Job, subject: Digest): Promise<void> {
  const { from, call, tries } = job
  await retried(tries, call.signal, async () => {
    const found: Digest[] = []
    for await (const { descriptor } of from.registry.referrers(from.repository, subject, call))
      found.push(descriptor.digest)
    await each(found, job.concurrency, async (digest) => copyManifest(job, await readListed(job, digest)))
  })
}

async function readListed(job: Job, digest: Digest): Promise<Manifest> {
  try {
    return await read(job, digest)
  } catch (error) {
    if (!isNoManifest(error)) throw error
    const message = `${digest} is listed as a referrer, and is not there`
    throw new RegistryError('MANIFEST_UNKNOWN', message, { status: 502, cause: error })
  }
}

async function copyFound(job: Job, manifest: Manifest, tags: readonly Tag[], depth: number): Promise<void> {
  const { descriptor, bytes } = manifest
  const { digest, mediaType, size } = descriptor
  if (depth > MAX_DEPTH)
    throw new RegistryError('MANIFEST_INVALID', `manifests lie more than ${MAX_DEPTH} deep in each other`)
  const isThere = await isHere(job, digest)
  await copyContent(job, manifest, isThere, depth)
  if (isThere) {
    job.counts.there++
    job.tell({ kind: 'manifest', digest, size, state: 'there' })
  }
  if (!isThere || (await areMissing(job, tags, digest))) {
    const { to, call, tries } = job
    await retried(tries, call.signal, () =>
      to.registry.pushManifest(to.repository, bytes, mediaType, { ...call, digest, tags }),
    )
  }
  if (!isThere) {
    job.counts.manifests++
    job.tell({ kind: 'manifest', digest, size, state: 'copied', moved: size })
  }
  if (job.referrers) job.subjects.push(digest)
}

/** Below a manifest that is there, nothing is missing; but there may be more that refers to its children. */
async function copyContent(
  job: Job,
  { descriptor, bytes }: Manifest,
  isThere: boolean,
  depth: number,
): Promise<void> {
  if (isThere && !job.recursive && !(job.referrers && isIndexType(descriptor.mediaType))) return
  const { references } = parseManifest(bytes, descriptor.mediaType)
  const isWanted = wantedOf(job, bytes)
  const here = references.filter(({ digest, foreign }) => !foreign && isWanted(digest))
  for (const { kind, digest, size } of here)
    if (kind === 'blob' && !job.begun.has(digest)) job.tell({ kind, digest, size, state: 'found' })
  // Each manifest is in memory until what is below it was copied: side by side only those of the first level.
  const isDeep = depth > 0 && here.some(({ kind }) => kind === 'child')
  await each(here, isDeep ? 1 : job.concurrency, (reference) =>
    reference.kind === 'child' ? copyChild(job, reference, depth + 1) : copyBlob(job, reference),
  )
}

/** A child is a manifest or, in caches of builds, a blob. */
async function copyChild(job: Job, child: WantedBlob, depth: number): Promise<void> {
  if (!job.recursive && !job.referrers && (await isHere(job, child.digest))) {
    job.counts.there++
    job.tell({ kind: 'manifest', ...child, state: 'there' })
    return
  }
  let manifest: Manifest
  try {
    manifest = await read(job, child.digest)
  } catch (error) {
    if (!isNoManifest(error)) throw error
    return copyBlob(job, child)
  }
  await copyManifest(job, manifest, [], depth)
}

function wantedOf({ platforms }: Job, bytes: Uint8Array): (digest: Digest) => boolean {
  if (platforms.length === 0) return () => true
  const children = childrenOf(bytes)
  const wanted = new Set(chosen(children, platforms).map(({ digest }) => digest))
  return (digest) => wanted.has(digest) || !children.some((child) => child.digest === digest)
}

async function isHere({ to, call, tries }: Job, reference: Digest): Promise<boolean> {
  const found = retried(tries, call.signal, () =>
    orAbsent(to.registry.resolveManifest(to.repository, reference, call)),
  )
  return (await found) !== null
}

async function areMissing({ to, call }: Job, tags: readonly Tag[], digest: Digest): Promise<boolean> {
  for (const tag of tags) {
    const found = await orAbsent(to.registry.resolveManifest(to.repository, tag, call))
    if (found?.digest !== digest) return true
  }
  return false
}
