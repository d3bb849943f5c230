/**
 * Reading, mounting and deleting blobs.
 * @module
 */

import {
  type ByteRange,
  type Descriptor,
  type Digest,
  isContentDigest,
  OCTET_STREAM,
  RegistryError,
  resolveRange,
} from '../oci/index.ts'
import type { CallOptions, Content } from '../registry.ts'
import { contentOf } from './content.ts'
import type { Core } from './core.ts'
import { findLink, isWhole, type Link, putLink, readLink, removeLink, useLink } from './links.ts'
import { noteRefs } from './notes.ts'

export async function getBlob(
  core: Core,
  repo: string,
  digest: Digest,
  options: CallOptions & { range?: ByteRange },
): Promise<Content> {
  const link = await known(digest, readLink(core, repo, digest, options))
  const span = options.range && resolveRange(options.range, link.size)
  const content = await core.storage.contents.read(link.place, span, options)
  // Bytes of another length are damaged: as if absent, so that clients push the blob again.
  if (content?.size !== link.size) throw unknownBlob(digest)
  return contentOf(describe(digest, link), () => content.stream(), span && { range: span })
}

export async function resolveBlob(
  core: Core,
  repo: string,
  digest: Digest,
  options: CallOptions,
): Promise<Descriptor> {
  const link = await known(digest, useLink(core, repo, digest, options))
  if (!(await isWhole(core, link, options))) throw unknownBlob(digest)
  return describe(digest, link)
}

export async function mountBlob(
  core: Core,
  repo: string,
  digest: Digest,
  options: CallOptions & { from?: string; mayRead?: (repo: string) => boolean | Promise<boolean> },
): Promise<Descriptor | null> {
  if (!isContentDigest(digest)) return null
  const source = await mountSource(core, digest, options)
  if (!source) return null
  // No manifest refers to it yet: should none come, the note lets the collector find it.
  await noteRefs(core, repo, [digest], options)
  await putLink(core, digest, { repo, place: source.place, size: source.size }, options)
  return describe(digest, source)
}

export async function deleteBlob(
  core: Core,
  repo: string,
  digest: Digest,
  options: CallOptions,
): Promise<void> {
  if (!isContentDigest(digest) || !(await removeLink(core, repo, digest, options))) throw unknownBlob(digest)
}

async function mountSource(
  core: Core,
  digest: Digest,
  options: CallOptions & { from?: string; mayRead?: (repo: string) => boolean | Promise<boolean> },
): Promise<Link | null> {
  const { from, mayRead } = options
  if (from === undefined) return mayRead ? findLink(core, digest, mayRead, options) : null
  const link = await useLink(core, from, digest, options)
  return link && (await isWhole(core, link, options)) ? link : null
}

async function known(digest: Digest, link: Promise<Link | null>): Promise<Link> {
  const found = isContentDigest(digest) ? await link : null
  if (!found) throw unknownBlob(digest)
  return found
}

function describe(digest: Digest, link: Link): Descriptor {
  return { mediaType: OCTET_STREAM, digest, size: link.size }
}

function unknownBlob(digest: Digest): RegistryError {
  return new RegistryError('BLOB_UNKNOWN', 'this repository has no such blob', { detail: { digest } })
}
