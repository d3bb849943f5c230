import * as v from 'valibot'
import { unify as asOne } from '../../../../../src/compose/index.ts'
import type { Registry } from '../../../../../src/index.ts'
import { type Kind, kindOf } from '../kind.ts'

/** Several registries as one. */
export const unify: Kind = kindOf(
  (inner) => ({
    registries: v.pipe(v.array(inner), v.minLength(1, 'must hold a registry')),
    read: v.optional(v.picklist(['inTurn', 'atOnce'], 'must be inTurn or atOnce')),
    write: v.optional(v.picklist(['all', 'first'], 'must be all or first')),
  }),
  async ({ registries, read = 'inTurn', write = 'all' }, opening) => {
    const open: Registry[] = []
    for (const [no, each] of registries.entries()) open.push(await opening.open(each, `registries[${no}]`))
    return asOne(open, { read, write })
  },
)
