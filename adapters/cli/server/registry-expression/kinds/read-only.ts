import { readOnly as forReading } from '../../../../../src/compose/index.ts'
import { type Kind, kindOf } from '../kind.ts'

/** Nothing can be changed. */
export const readOnly: Kind = kindOf(
  (inner) => ({ registry: inner }),
  async ({ registry }, opening) => forReading(await opening.open(registry, 'registry')),
)
