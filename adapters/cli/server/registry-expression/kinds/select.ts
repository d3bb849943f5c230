import * as v from 'valibot'
import { select as someOf } from '../../../../../src/compose/index.ts'
import { matchGlob } from '../../../../../src/oci/index.ts'
import { globs } from '../globs.ts'
import { type Kind, kindOf } from '../kind.ts'

/** The repositories that `include` names (all) but for those that `exclude` names (none). */
export const select: Kind = kindOf(
  (inner) => ({ registry: inner, include: v.optional(globs), exclude: v.optional(globs) }),
  async ({ registry, include = ['**'], exclude = [] }, opening) => {
    const isIn = (list: readonly string[], name: string) => list.some((glob) => matchGlob(glob, name))
    return someOf(
      await opening.open(registry, 'registry'),
      (name) => isIn(include, name) && !isIn(exclude, name),
    )
  },
)
