import type { Row } from '../row.ts'
import { patch, patchLarge, pull, put, putLarge } from './layers.ts'
import { blobs, tags } from './many.ts'
import { pullMemory, pushMemory } from './memory.ts'
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

/** The rows of these names. @throws Error for a name that is none. */
export function rowsOf(names: readonly string[]): readonly Row[] {
  const known = ROWS.map(({ name }) => name)
  const wrong = names.find((name) => !known.includes(name))
  if (wrong !== undefined) throw new Error(`there is no row ${wrong}: ${known.join(', ')}`)
  return names.length === 0 ? ROWS : ROWS.filter(({ name }) => names.includes(name))
}
