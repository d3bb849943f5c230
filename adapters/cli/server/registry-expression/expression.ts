/**
 * An expression of registries in a configuration file: `{ "kind": "readOnly", "registry": { "kind": "fs", ... } }`.
 *
 * Each kind is a file in `kinds/`; `kinds.ts` is the list of them. What is read is only checked; `open.ts` opens it.
 * @module
 */

import * as v from 'valibot'
import { object } from '../../input/fields.ts'
import type { Inner, Opener } from './kind.ts'
import { KINDS } from './kinds.ts'

/** A registry, however deep, checked: every mistake has its place in the file. */
export const expression: v.GenericSchema<unknown, Opener> = v.lazy((input) => schemaFor(input))

const known = new Map<string, Inner>(Object.entries(KINDS).map(([name, kind]) => [name, kind(expression)]))

/** Of something without a known kind only that is told. */
const unknown = v.pipe(
  v.unknown(),
  v.check((value) => typeof value === 'object' && value !== null, 'must be an object'),
  object({ kind: v.picklist([...known.keys()], `must be one of ${[...known.keys()].join(', ')}`) }),
  v.transform((): Opener => async () => Promise.reject(new TypeError('a kind without a schema'))),
)

function schemaFor(input: unknown): Inner {
  const { kind } = Object(input) as { kind?: unknown }
  return (typeof kind === 'string' && known.get(kind)) || unknown
}
