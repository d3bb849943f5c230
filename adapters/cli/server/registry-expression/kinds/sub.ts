import * as v from 'valibot'
import { sub as below } from '../../../../../src/compose/index.ts'
import { isName } from '../../../../../src/oci/index.ts'
import { type Kind, kindOf } from '../kind.ts'

/** The repositories below a name, called without it. */
export const sub: Kind = kindOf(
  (inner) => ({
    registry: inner,
    prefix: v.pipe(v.string(), v.check(isName, 'must be the name of a repository, as in team or mirror/hub')),
  }),
  async ({ registry, prefix }, opening) => below(await opening.open(registry, 'registry'), prefix),
)
