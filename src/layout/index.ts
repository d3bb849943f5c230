/**
 * OCI image layouts as registries, over files wherever they are; for folders and archives see `ocikit/layout/fs`.
 * @module
 */

export { DOCKER_MANIFEST_FILE, dockerArchive } from './docker-archive.ts'
export { dockerManifest } from './docker-manifest.ts'
export {
  INDEX as LAYOUT_INDEX,
  type LayoutFiles,
  type LayoutUploads,
  type LayoutWriting,
  MARKER as LAYOUT_MARKER,
  MARKER_CONTENT as LAYOUT_MARKER_CONTENT,
  type Staged,
} from './files.ts'
export { findLayout, type Located } from './find.ts'
export { createLayout, type Layout, type LayoutOptions } from './layout.ts'
