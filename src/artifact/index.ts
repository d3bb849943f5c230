/**
 * Files as artifacts: a manifest whose layers are files with names, as oras writes and reads them (image-spec,
 * manifest.md, "Guidelines for Artifact Usage"). Here is no file system: `files.ts` says what is needed of one.
 * @module
 */

export {
  ANNOTATION_TAR_DIGEST,
  ANNOTATION_TITLE,
  ANNOTATION_UNPACK,
  type ArtifactFile,
  type ArtifactFolder,
  type NamedLayer,
  type StagedFile,
  UNKNOWN_ARTIFACT,
} from './files.ts'
export { isInnerPath, type PathRules } from './inner-path.ts'
export { type ArtifactAbout, type PackedArtifact, packArtifact } from './pack.ts'
export { type PulledArtifact, type PulledFile, type PullOptions, pullArtifact } from './pull.ts'
export { type PushedArtifact, type PushOptions, pushArtifact } from './push.ts'
export { type Artifact, type ArtifactSource, readArtifact } from './read.ts'
