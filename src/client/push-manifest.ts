/**
 * Pushing and deleting manifests and tags (end-7, end-9).
 * @module
 */

import { repositoryScope } from '../auth/client/index.ts'
import { digestOf } from '../hash/index.ts'
import {
  algorithmOf,
  type Digest,
  essenceOf,
  type ManifestView,
  manifestPath,
  parseManifest,
  RegistryError,
  type Tag,
} from '../oci/index.ts'
import type { CallOptions, PushedManifest } from '../registry.ts'
import { type Core, callOf } from './core.ts'
import { addFallback, removeFallback } from './fallback-tag.ts'
import { isVague, ownTypeOf } from './manifests.ts'
import { putManifest } from './put-manifest.ts'
import { discard } from './read.ts'

/** Pushes a manifest with its tags, and keeps the list of referrers where the registry does not. */
export async function pushManifest(
  core: Core,
  repo: string,
  bytes: Uint8Array,
  contentType: string,
  { digest: expected, tags = [], ...options }: CallOptions & { digest?: Digest; tags?: readonly Tag[] } = {},
): Promise<PushedManifest> {
  const digest = await digestOf(expected ? algorithmOf(expected) : 'sha256', bytes)
  if (expected !== undefined && digest !== expected)
    throw new RegistryError('DIGEST_INVALID', 'the manifest does not have this digest', {
      detail: { expected, found: digest },
    })
  const type = essenceOf(contentType)
  const mediaType = type === null || isVague(type) ? (ownTypeOf(bytes) ?? type ?? '') : type
  const push = { repo, bytes, mediaType, digest, options }
  const { tags: set, isListed } = await putManifest(core, push, [...new Set(tags)])
  const descriptor = { mediaType, digest, size: bytes.length }
  const view = viewOf(bytes, mediaType)
  if (view?.subject === undefined) return { descriptor, tags: set }
  core.hasReferrers = isListed
  if (!isListed) await addFallback(core, repo, view, { digest, size: bytes.length }, options)
  return { descriptor, tags: set, subject: view.subject }
}

/** Deletes a manifest; before that what it is listed under, where the registry keeps no list of referrers. */
export async function deleteManifest(
  core: Core,
  repo: string,
  digest: Digest,
  options?: CallOptions,
): Promise<void> {
  await removeFallback(core, repo, digest, options)
  await remove(core, repo, digest, options)
}

/** Deletes a tag, and never its manifest in its place: that would take all its other tags along. */
export async function deleteTag(core: Core, repo: string, tag: Tag, options?: CallOptions): Promise<void> {
  try {
    await remove(core, repo, tag, options)
  } catch (error) {
    if (!(error instanceof RegistryError) || ![400, 405].includes(error.status)) throw error
    throw new RegistryError('UNSUPPORTED', 'this registry does not delete tags', { cause: error })
  }
}

async function remove(
  core: Core,
  repo: string,
  reference: Digest | Tag,
  options?: CallOptions,
): Promise<void> {
  const name = core.settings.nameOf(repo)
  const { response } = await core.send({
    method: 'DELETE',
    url: manifestPath(name, reference),
    scopes: [repositoryScope(name, 'delete')],
    repository: name,
    unknown: 'MANIFEST_UNKNOWN',
    ...callOf(options),
  })
  await discard(response)
}

/** What no registry of ours would take, another one may. */
function viewOf(bytes: Uint8Array, mediaType: string): ManifestView | null {
  try {
    return parseManifest(bytes, mediaType)
  } catch {
    return null
  }
}
