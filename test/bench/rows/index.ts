import type { Row } from '../row.ts'
import { patch, patchLarge, pull, put, putLarge } from './layers.ts'
import { blobs, tags } from './many.ts'
import { patchMemory, pullMemory, pushMemory } from './memory.ts'
import { firstPull } from './mirror.ts'
import { catalogPage, filesPage, freshPage, head, manifest, tagsPage, users } from './requests.ts'

/** All rows, as they stand in the table. */
export const ROWS: readonly Row[] = [
  manifest,
  head,
  tags,
  pull,
  put,
  putLarge,
  patch,
  patchLarge,
  blobs,
  pushMemory,
  pullMemory,
]

/** What is measured of every runtime and storage. */
export const RUNTIME_ROWS: readonly Row[] = [manifest, pull, put, patch, patchMemory]

/** What is measured of those who show who they are, of mirrors, and of small and large registries. */
export const USER_ROWS: readonly Row[] = [users]
export const MIRROR_ROWS: readonly Row[] = [firstPull]
export const SIZE_ROWS: readonly Row[] = [catalogPage, tagsPage]
export const FILE_ROWS: readonly Row[] = [filesPage, freshPage]

/** Every row must be one of these. @throws Error for a name that is none. */
export function checkNames(rows: readonly Row[], names: readonly string[]): void {
  const known = rows.map(({ name }) => name)
  const wrong = names.find((name) => !known.includes(name))
  if (wrong !== undefined) throw new Error(`there is no row ${wrong}: ${known.join(', ')}`)
}

/** Those of some rows that have these names; without names all. */
export function chosen(rows: readonly Row[], names: readonly string[]): readonly Row[] {
  return names.length === 0 ? rows : rows.filter(({ name }) => names.includes(name))
}
