/**
 * Reading what distribution keeps.
 * @module
 */

import { markPassing } from '../body.ts'
import { contentOf } from '../content.ts'
import { digestOf, verified } from '../hash/index.ts'
import {
  algorithmOf,
  type Digest,
  isContentDigest,
  isDigestReference,
  OCTET_STREAM,
  RegistryError,
  resolveRange,
  type Tag,
} from '../oci/index.ts'
import type { CallOptions, Manifest, Reader } from '../registry.ts'
import type { DistributionFiles } from './files.ts'
import { mediaTypeOf } from './media-type.ts'
import { dataFile, layerFolder, linkIn, revisionFolder, tagFolder } from './paths.ts'

/** Longest manifest in bytes; distribution takes no longer ones. */
const MAX_MANIFEST = 4 * 1024 * 1024

/** Where the bytes of a blob are, and how many. */
interface Found {
  readonly path: string
  readonly size: number
}

/** The part of a registry that reads. */
export function readerOf(files: DistributionFiles): Reader {
  const find = async (repo: string, digest: Digest, call?: CallOptions): Promise<Found> => {
    const link = isContentDigest(digest) ? await linkIn(files, layerFolder(repo, digest), call) : null
    if (link !== null) {
      const path = dataFile(link)
      const size = await files.size(path, call)
      if (size !== null) return { path, size }
    }
    throw new RegistryError('BLOB_UNKNOWN', 'the repository has no such blob', { detail: { digest } })
  }
  return {
    async getBlob(repo, digest, { range, location: _, ...call } = {}) {
      const { path, size } = await find(repo, digest, call)
      const span = range ? resolveRange(range, size) : { offset: 0, length: size }
      const open = (): ReadableStream<Uint8Array> => files.open(path, span, call)
      return contentOf(
        { mediaType: OCTET_STREAM, digest, size },
        () => (span.length < size ? open() : checked(open(), digest)),
        range ? { range: span } : {},
      )
    },
    async resolveBlob(repo, digest, call) {
      return { mediaType: OCTET_STREAM, digest, size: (await find(repo, digest, call)).size }
    },
    getManifest: (repo, reference, call) => getManifest(files, repo, reference, call),
    async resolveManifest(repo, reference, call) {
      return (await getManifest(files, repo, reference, call)).descriptor
    },
  }
}

async function getManifest(
  files: DistributionFiles,
  repo: string,
  reference: Digest | Tag,
  call?: CallOptions,
): Promise<Manifest> {
  const digest = isDigestReference(reference)
    ? reference
    : await linkIn(files, tagFolder(repo, reference), call)
  const isLinked =
    digest !== null &&
    isContentDigest(digest) &&
    (await linkIn(files, revisionFolder(repo, digest), call)) === digest
  const found = isLinked ? await manifestIn(files, digest, call) : null
  if (found) return found
  throw new RegistryError('MANIFEST_UNKNOWN', 'the repository has no such manifest', {
    detail: { reference },
  })
}

/** The manifest of a digest. `null` if it is not there. @throws RegistryError `MANIFEST_UNKNOWN` for a damaged one. */
export async function manifestIn(
  files: DistributionFiles,
  digest: Digest,
  call?: CallOptions,
): Promise<Manifest | null> {
  const bytes = await files.read(dataFile(digest), MAX_MANIFEST, call)
  if (bytes === null) return null
  const mediaType = mediaTypeOf(bytes)
  if (mediaType === null || (await digestOf(algorithmOf(digest), bytes)) !== digest)
    throw new RegistryError('MANIFEST_UNKNOWN', 'the manifest is damaged where it is kept', {
      detail: { digest },
    })
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes }
}

/** The bytes of a whole blob. */
function checked(stream: ReadableStream<Uint8Array>, digest: Digest): ReadableStream<Uint8Array> {
  return markPassing(
    verified(stream, digest, () => damaged(digest)),
    stream,
  )
}

function damaged(digest: Digest): RegistryError {
  return new RegistryError('DIGEST_INVALID', 'the blob is damaged where it is kept', {
    status: 502,
    detail: { digest },
  })
}
