/**
 * Copies between any two registries: stores, clients, layouts, and whatever is made of them.
 * @module
 */

export { copy } from './copy.ts'
export { type DownloadOptions, downloadBlob } from './download.ts'
export type { Copied, CopyOptions, Destination, Progress, Source } from './options.ts'
export {
  type Child,
  childrenOf,
  choose as choosePlatform,
  formatPlatform,
  type Platform,
  parsePlatform,
} from './platform.ts'
export { type Synced, type SyncedTag, type SyncOptions, sync } from './sync.ts'
export { type BlobWriter, type UploadOptions, uploadBlob } from './upload.ts'
