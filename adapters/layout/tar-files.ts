/**
 * The files of a layout in an archive, to read.
 * @module
 */

import { open } from 'node:fs/promises'
import { dockerArchive, LAYOUT_INDEX, type LayoutFiles } from '../../src/layout/index.ts'
import type { Span } from '../../src/oci/index.ts'
import { tooLarge } from './errors.ts'
import { spanOf } from './file-bytes.ts'
import { tarEntries } from './tar-entries.ts'

/**
 * Opens an archive with a layout, or one of `docker save` without.
 * @throws RegistryError `MANIFEST_INVALID` if it is neither.
 */
export async function tarFiles(path: string): Promise<LayoutFiles> {
  const file = await open(path, 'r')
  let entries: Map<string, Span>
  try {
    entries = await tarEntries(file)
  } finally {
    await file.close()
  }
  const files = filesOf(path, (name) => entries.get(name))
  return entries.has(LAYOUT_INDEX) ? files : dockerArchive(files)
}

/** Files that are parts of one, which does not change. */
export function filesOf(path: string, find: (name: string) => Span | undefined): LayoutFiles {
  return {
    version: async (name) => {
      const span = find(name)
      return span ? `${span.offset}-${span.length}` : null
    },
    size: async (name) => find(name)?.length ?? null,
    async read(name, limit, call) {
      const span = find(name)
      if (!span) return null
      if (span.length > limit) throw tooLarge(name, limit)
      return new Uint8Array(await new Response(spanOf(path, span, call)).arrayBuffer())
    },
    open: (name, span, call) =>
      spanOf(path, { offset: find(name)!.offset + span.offset, length: span.length }, call),
  }
}
