/**
 * OCI image layouts in folders and tar archives, as registries; on Node, Bun and Deno.
 * @module
 */

export { folderLayout, folderLayouts, type OpenFiles, type OpenLayout } from './folder.ts'
export { type TarOptions, tarLayout } from './tar.ts'
