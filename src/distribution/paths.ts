/**
 * Where distribution keeps what (its `registry/storage/paths.go`), and the links that say what is where.
 * @module
 */

import {
  algorithmOf,
  type Digest,
  encodedOf,
  isContentDigest,
  isDigest,
  parseName,
  parseTag,
  RegistryError,
  type Tag,
} from '../oci/index.ts'
import type { CallOptions } from '../registry.ts'
import type { DistributionFiles } from './files.ts'

const ROOT = 'docker/registry/v2'
/** Below it each repository is a folder, and what is its own begins with an underscore. */
export const REPOSITORIES: string = `${ROOT}/repositories`
/** More bytes than any digest has. */
const MAX_LINK = 512

/** Checked once more: a name must not lead out of its folder. @throws RegistryError `NAME_INVALID`. */
function repositoryFolder(repo: string): string {
  return `${REPOSITORIES}/${parseName(repo)}`
}

/** The bytes of a digest, whatever they are. */
export function dataFile(digest: Digest): string {
  const encoded = encodedOf(digest)
  return `${ROOT}/blobs/${algorithmOf(digest)}/${encoded.slice(0, 2)}/${encoded}/data`
}

/** What makes a blob one of a repository. */
export function layerFolder(repo: string, digest: Digest): string {
  return `${repositoryFolder(repo)}/_layers/${algorithmOf(digest)}/${encodedOf(digest)}`
}

/** What makes a manifest one of a repository. */
export function revisionFolder(repo: string, digest: Digest): string {
  return `${revisionsFolder(repo)}/${algorithmOf(digest)}/${encodedOf(digest)}`
}

/** The manifests of a repository: a folder for each algorithm, with one for each digest, that stays when it is deleted. */
export function revisionsFolder(repo: string): string {
  return `${repositoryFolder(repo)}/_manifests/revisions`
}

/** The tags of a repository, each a folder. */
export function tagsFolder(repo: string): string {
  return `${repositoryFolder(repo)}/_manifests/tags`
}

/** What a tag names now; beside it is all that it ever named. */
export function tagFolder(repo: string, tag: Tag): string {
  return `${tagsFolder(repo)}/${parseTag(tag)}/current`
}

/**
 * The digest that the link in a folder holds: mostly the one that the folder is called after, but of bytes that came under
 * their sha512 it is their sha256. `null` if there is no link; one that was cut off is none, and so is any other text.
 */
export async function linkIn(
  files: DistributionFiles,
  folder: string,
  call?: CallOptions,
): Promise<Digest | null> {
  const bytes = await files.read(`${folder}/link`, MAX_LINK, call).catch((error: unknown) => {
    if (error instanceof RegistryError && error.code === 'SIZE_INVALID') return null
    throw error
  })
  const text = bytes === null ? '' : new TextDecoder().decode(bytes).trim()
  return isDigest(text) && isContentDigest(text) ? text : null
}
