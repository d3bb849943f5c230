import * as v from 'valibot'
import { isGlob } from '../../../../src/oci/index.ts'

const glob = v.pipe(
  v.string(),
  v.check(isGlob, 'must be a glob over names of repositories, as in team/** or */base'),
)

/** One glob over names of repositories, or several. */
export const globs: v.GenericSchema<unknown, readonly string[]> = v.union([
  v.pipe(
    glob,
    v.transform((one) => [one]),
  ),
  v.pipe(v.array(glob), v.minLength(1, 'must hold a glob')),
])
