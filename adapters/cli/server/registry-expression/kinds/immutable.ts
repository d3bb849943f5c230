import { immutable as unmoved } from '../../../../../src/compose/index.ts'
import { type Kind, kindOf } from '../kind.ts'

/** Tags never move, nothing is deleted. */
export const immutable: Kind = kindOf(
  (inner) => ({ registry: inner }),
  async ({ registry }, opening) => unmoved(await opening.open(registry, 'registry')),
)
