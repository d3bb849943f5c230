import type { Row } from '../row.ts'
import { patch, patchLarge, pull, put, putLarge } from './layers.ts'
import { blobs, tags } from './many.ts'
import { patchMemory, pullMemory, pushMemory } from './memory.ts'
import { head, manifest } from './requests.ts'

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

/** Those of some rows that have these names; without names all. @throws Error for a name that is none. */
export function chosen(rows: readonly Row[], names: readonly string[]): readonly Row[] {
  const known = rows.map(({ name }) => name)
  const wrong = names.find((name) => !known.includes(name))
  if (wrong !== undefined) throw new Error(`there is no row ${wrong}: ${known.join(', ')}`)
  return names.length === 0 ? rows : rows.filter(({ name }) => names.includes(name))
}
