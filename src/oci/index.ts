/**
 * The vocabulary of OCI: digests, names, references, ranges, descriptors, manifests, errors and paths.
 * Pure values, no I/O; everything else in the project may import it, it imports nothing.
 * @module
 */

export { type Challenge, parseChallenges } from './challenge.ts'
export type { Descriptor } from './descriptor.ts'
export {
  ALGORITHMS,
  type Algorithm,
  algorithmOf,
  type Digest,
  encodedOf,
  isAlgorithm,
  isContentDigest,
  isDigest,
  parseAlgorithm,
  parseContentDigest,
  parseDigest,
} from './digest.ts'
export {
  type ErrorCode,
  type ErrorEntry,
  type ErrorUpload,
  RegistryError,
  type RegistryErrorOptions,
  statusOf,
} from './error.ts'
export { isGlob, matchGlob } from './glob.ts'
export { nextLink } from './link.ts'
export {
  isIndexType,
  type ManifestReference,
  type ManifestView,
  parseManifest,
  referrerOf,
} from './manifest.ts'
export * from './media-type.ts'
export { type MirrorNames, mirrorName, mirrorNames } from './mirror-names.ts'
export {
  isDigestReference,
  isName,
  isTag,
  MAX_NAME_LENGTH,
  parseName,
  parseReference,
  parseTag,
  type Tag,
} from './name.ts'
export { blobPath, manifestPath, referrersPath, tagsPath, uploadPath } from './path.ts'
export {
  type ByteRange,
  formatContentRange,
  formatUploadRange,
  parseRange,
  parseUploadRange,
  resolveRange,
  type Span,
} from './range.ts'
export {
  DOCKER_HUB,
  DOCKER_HUB_API,
  DOCKER_HUB_HOSTS,
  dockerHubName,
  formatImageReference,
  formatRelativeReference,
  type ImageReference,
  isDockerHub,
  isHost,
  parseImageReference,
  parseRelativeReference,
} from './reference.ts'
