/**
 * Reading, mounting and deleting blobs.
 * @module
 */

import { contentOf } from '../content.ts'
import {
  type ByteRange,
  type Descriptor,
  type Digest,
  isContentDigest,
  OCTET_STREAM,
  RegistryError,
  resolveRange,
} from '../oci/index.ts'
import type { Content } from '../registry.ts'
import type { Call } from '../storage/index.ts'
import { later } from './content.ts'
import type { Core } from './core.ts'
import { findLink, isWhole, type Link, putLink, readLink, removeLink, useLink } from './links.ts'
import { noteRefs } from './notes.ts'
import { relyOn } from './rely.ts'
import { lackOfRoomFor } from './usage/room.ts'

export async function getBlob(
  core: Core,
  repo: string,
  digest: Digest,
  { range, location: elsewhere = false }: { range?: ByteRange; location?: boolean },
  call: Call,
): Promise<Content> {
  const { contents } = core.storage
  const link = await known(digest, readLink(core, repo, digest, call))
  const span = range && resolveRange(range, link.size)
  if (elsewhere && contents.url) {
    if (!(await isWhole(core, link, call))) throw unknownBlob(digest)
    const location = await contents.url(link.place, { ...call, seconds: core.urlSeconds })
    const bytes = async (): Promise<ReadableStream<Uint8Array>> => {
      const content = await contents.read(link.place, span, call)
      if (!content) throw unknownBlob(digest)
      return content.stream()
    }
    return contentOf(describe(digest, link), () => later(bytes), { location, ...(span && { range: span }) })
  }
  const content = await contents.read(link.place, span, call)
  // Bytes of another length are damaged: as if absent, so that clients push the blob again.
  if (content?.size !== link.size) {
    // Some drivers have opened it to see its size.
    await content?.stream().cancel()
    throw unknownBlob(digest)
  }
  return contentOf(describe(digest, link), () => content.stream(), span && { range: span })
}

export async function resolveBlob(core: Core, repo: string, digest: Digest, call: Call): Promise<Descriptor> {
  const check = async (): Promise<Link> => {
    const link = await known(digest, useLink(core, repo, digest, call))
    if (!(await isWhole(core, link, call))) throw unknownBlob(digest)
    return link
  }
  return relyOn(core, check, (link) => describe(digest, link))
}

/** Where a mount may take the blob from. */
export interface MountSource {
  readonly from?: string
  readonly mayRead?: (repo: string) => boolean | Promise<boolean>
}

export async function mountBlob(
  core: Core,
  repo: string,
  digest: Digest,
  source: MountSource,
  call: Call,
): Promise<Descriptor | null> {
  if (!isContentDigest(digest)) return null
  const check = async (): Promise<Link | null> => {
    const link = await sourceLink(core, digest, source, call)
    const error = link && (await lackOfRoomFor(core, repo, { digest, size: link.size }, call))
    if (error) throw error
    // No manifest refers to it yet: should none come, the note lets the collector find it.
    if (link) await noteRefs(core, repo, [digest], call)
    return link
  }
  return relyOn(core, check, async (link) => {
    if (!link) return null
    await putLink(core, digest, { repo, place: link.place, size: link.size }, call)
    return describe(digest, link)
  })
}

export async function deleteBlob(core: Core, repo: string, digest: Digest, call: Call): Promise<void> {
  if (!isContentDigest(digest) || !(await removeLink(core, repo, digest, call))) throw unknownBlob(digest)
}

async function sourceLink(
  core: Core,
  digest: Digest,
  { from, mayRead }: MountSource,
  call: Call,
): Promise<Link | null> {
  if (from === undefined) return mayRead ? findLink(core, digest, mayRead, call) : null
  const link = await useLink(core, from, digest, call)
  return link && (await isWhole(core, link, call)) ? link : null
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
