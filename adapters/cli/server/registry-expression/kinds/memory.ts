import { memory as inMemory } from '../../../../../src/storage/index.ts'
import { type Kind, kindOf } from '../kind.ts'
import { storeEntries } from '../store.ts'

/** Gone when the process ends. */
export const memory: Kind = kindOf(
  () => storeEntries,
  (fields, opening) => opening.store(inMemory(), fields),
)
