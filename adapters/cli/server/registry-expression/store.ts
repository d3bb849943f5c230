import * as v from 'valibot'
import { createStore, retention, type Store } from '../../../../src/index.ts'
import type { Storage } from '../../../../src/storage/index.ts'
import { text } from '../../input/fields.ts'
import { quotasOf } from '../../input/values.ts'
import { readRetention } from '../retention.ts'
import { fileAt, type Surroundings } from './surroundings.ts'

/** What every kind that keeps content itself can be told. */
export const storeEntries: StoreEntries = {
  sparse: v.optional(v.boolean()),
  quotas: v.optional(v.array(text)),
  retention: v.optional(text),
}

type StoreEntries = {
  readonly sparse: v.OptionalSchema<v.BooleanSchema<undefined>, undefined>
  readonly quotas: v.OptionalSchema<v.ArraySchema<typeof text, undefined>, undefined>
  readonly retention: v.OptionalSchema<typeof text, undefined>
}

/** The same, as it was told. */
export interface StoreFields {
  /** Accept manifests whose content is not here. */
  readonly sparse?: boolean | undefined
  /** As `--quota` takes them. */
  readonly quotas?: readonly string[] | undefined
  /** A file with rules. */
  readonly retention?: string | undefined
}

/** A store as the fields say. @throws `UsageError` for quotas and rules that make no sense. */
export function storeOf(storage: Storage, fields: StoreFields, around: Surroundings): Store {
  const rules = fields.retention === undefined ? undefined : readRetention(fileAt(around, fields.retention))
  return createStore({
    storage,
    grace: around.grace,
    sparse: fields.sparse ?? false,
    quotas: quotasOf(fields.quotas ?? []),
    ...(rules && { retention: retention(rules) }),
  })
}
