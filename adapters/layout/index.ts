/**
 * OCI image layouts in folders and tar archives, and what distribution keeps in folders, as registries; on Node, Bun and
 * Deno.
 * @module
 */

export { distributionFolder } from './distribution.ts'
export { folderLayout, folderLayouts, type OpenFiles, type OpenLayout } from './folder.ts'
export { type TarOptions, tarLayout } from './tar.ts'
