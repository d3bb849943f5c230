/**
 * Writing to a layout, and deleting from it.
 * @module
 */

import { limited } from '../body.ts'
import { orRelease } from '../content.ts'
import { createHasher, digestOf } from '../hash/index.ts'
import {
  algorithmOf,
  type Descriptor,
  type Digest,
  isContentDigest,
  OCTET_STREAM,
  parseManifest,
  RegistryError,
} from '../oci/index.ts'
import type { Body, CallOptions, Deleter, PushedManifest, Writer } from '../registry.ts'
import { blobFile, type Core, change, checkCall, knownState, stateOf, typesOf, writingOf } from './core.ts'
import { isBare, withManifest, without, withoutTags } from './index-json.ts'

/** Longest manifest that is taken, in bytes. */
const MAX_MANIFEST = 4 * 1024 * 1024

/** Stores a blob. @throws RegistryError `DIGEST_INVALID`, `SIZE_INVALID`. */
export function pushBlob(
  core: Core,
  repo: string,
  { digest, size }: { digest: Digest; size?: number },
  body: Body,
  call: CallOptions = {},
): Promise<Descriptor> {
  return orRelease(body, async () => {
    checkCall(core, repo, call)
    const path = blobFile(digest)
    const hasher = createHasher(algorithmOf(digest))
    const staged = await writingOf(core).stage(path, held(body, size), {
      ...call,
      passed: (chunk) => hasher.update(chunk),
    })
    try {
      if (size !== undefined && staged.size !== size)
        throw new RegistryError('SIZE_INVALID', `the blob has ${staged.size} bytes, not ${size}`)
      await checkDigest(digest, await hasher.digest())
    } catch (error) {
      await staged.drop()
      throw error
    }
    await staged.keep()
    return { mediaType: OCTET_STREAM, digest, size: staged.size }
  })
}

/** A body of which no more is read than it is said to have. */
export function held(body: Body, size: number = Number.POSITIVE_INFINITY): Body {
  if (body instanceof Uint8Array) return body
  const tooMany = (): Error => new RegistryError('SIZE_INVALID', `the body has more than ${size} bytes`)
  return limited(body, size, tooMany)
}

/** @throws RegistryError `DIGEST_INVALID`. */
export function checkDigest(expected: Digest, found: Digest): void {
  if (found === expected) return
  throw new RegistryError('DIGEST_INVALID', 'the bytes do not have this digest', {
    detail: { digest: expected },
  })
}

/** Stores a manifest whose content is there, and names it. */
export async function pushManifest(
  core: Core,
  repo: string,
  bytes: Uint8Array,
  mediaType: string,
  { digest: wanted, tags = [], ...call }: Parameters<Writer['pushManifest']>[3] = {},
): Promise<PushedManifest> {
  checkCall(core, repo, call)
  const writing = writingOf(core)
  if (bytes.length > MAX_MANIFEST)
    throw new RegistryError('SIZE_INVALID', `manifests have at most ${MAX_MANIFEST} bytes`, { status: 413 })
  const view = parseManifest(bytes, mediaType)
  const digest = await digestOf(wanted ? algorithmOf(wanted) : 'sha256', bytes)
  if (wanted) checkDigest(wanted, digest)
  await checkReferences(core, view.references, call)
  const staged = await writing.stage(blobFile(digest), bytes, { ...call, passed: () => {} })
  await staged.keep()
  const descriptor = { mediaType: view.mediaType, digest, size: bytes.length }
  const listed =
    view.artifactType === undefined || view.subject === undefined ? {} : { artifactType: view.artifactType }
  const children = new Set(
    view.references.filter(({ kind }) => kind === 'child').map((child) => child.digest),
  )
  await change(core, async (index) => {
    // Only one without a tag asks whether something leads to it.
    const types = tags.length > 0 ? new Map() : await typesOf(core, index, call)
    const named = withManifest(index, { ...descriptor, ...listed }, tags, (each) => types.has(each))
    // What the new one leads to need not stand beside it.
    return without(named, (entry) => children.has(entry.digest) && entry.tag === undefined && isBare(entry))
  })
  return { descriptor, tags, ...(view.subject === undefined ? {} : { subject: view.subject }) }
}

async function checkReferences(
  { files }: Core,
  references: ReturnType<typeof parseManifest>['references'],
  call: CallOptions,
): Promise<void> {
  const missing: Digest[] = []
  for (const { digest, foreign } of references)
    if (!foreign && (!isContentDigest(digest) || (await files.size(blobFile(digest), call)) === null))
      missing.push(digest)
  const [first, ...rest] = missing.map((digest) => ({
    code: 'MANIFEST_BLOB_UNKNOWN',
    message: 'the manifest refers to content that is not in the layout: push that first',
    detail: { digest },
  }))
  if (first) throw new RegistryError(first.code, first.message, { detail: first.detail, also: rest })
}

/** The part of a registry that deletes. The files go, too. */
export function deleterOf(core: Core): Deleter {
  return {
    async deleteBlob(repo, digest, call) {
      checkCall(core, repo, call)
      const isManifest = (await stateOf(core, call))?.types.has(digest) || !isContentDigest(digest)
      if (isManifest || !(await writingOf(core).remove(blobFile(digest))))
        throw new RegistryError('BLOB_UNKNOWN', 'the layout has no such blob', { detail: { digest } })
    },
    async deleteManifest(repo, digest, call) {
      const { types } = await knownState(core, repo, call)
      const writing = writingOf(core)
      if (!types.has(digest) || (await core.files.size(blobFile(digest), call)) === null)
        throw unknown(digest)
      await change(core, async (index) => {
        const before = await typesOf(core, index, call)
        let left = without(index, (entry) => entry.digest === digest)
        const after = await typesOf(core, left, call)
        // What only this one led to is kept.
        for (const [child, mediaType] of before) {
          const size =
            child === digest || after.has(child) ? null : await core.files.size(blobFile(child), call)
          if (size !== null) left = withManifest(left, { mediaType, digest: child, size }, [], () => false)
        }
        return left
      })
      await writing.remove(blobFile(digest))
    },
    async deleteTag(repo, tag, call) {
      const { index } = await knownState(core, repo, call)
      writingOf(core)
      if (!index.entries.some((entry) => entry.tag === tag)) throw unknown(tag)
      await change(core, (now) => withoutTags(now, [tag]))
    },
  }
}

function unknown(reference: string): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', 'the layout has no such manifest', { detail: { reference } })
}
