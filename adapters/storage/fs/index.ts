/**
 * The file system driver.
 *
 * `fs.ts` opens a folder: `format.ts` decides whether it is ours, `lock.ts` makes it ours alone. `records.ts`
 * and `contents.ts` are the two faces of the storage contract; `key-path.ts` turns keys into paths,
 * `listing.ts` and `places.ts` turn them back in order, `folders.ts` makes what was renamed or linked durable.
 * @module
 */

export { StorageOpenError } from './errors.ts'
export type { FsOptions } from './fs.ts'
export { fs } from './fs.ts'
