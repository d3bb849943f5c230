/**
 * Files and folders of this machine as artifacts, and artifacts pulled into its folders: on Node, Bun and Deno.
 * @module
 */

export { type FolderOptions, intoFolder, type OpenFolder } from './into-folder.ts'
export { type LocalFile, type LocalFileOptions, localFile, streamedFile } from './local-file.ts'
export type { UnpackLimits } from './unpack.ts'
