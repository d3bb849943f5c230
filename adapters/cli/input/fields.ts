/**
 * What stands in a configuration file, as schemas.
 * @module
 */

import * as v from 'valibot'
import { sizeOf } from '../../../src/env/values.ts'
import { durationOf } from './values.ts'

/** A text that says something. */
export const text: v.GenericSchema<string> = v.pipe(v.string(), v.minLength(1, 'must not be empty'))

/** A time with its unit, as a text. */
export const time: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.check((value) => passes(() => durationOf('', value)), 'must be a time, as in 90s, 30m, 24h or 7d'),
)

/** A number of bytes with its unit, as a text. */
export const size: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.check((value) => passes(() => sizeOf('', value)), 'must be a size, as in 4MiB'),
)

type ObjectSchema<Entries extends v.ObjectEntries> = v.GenericSchema<
  unknown,
  v.InferOutput<v.StrictObjectSchema<Entries, undefined>>
>

/** An object without unknown keys; lists are objects, too, for valibot. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries): ObjectSchema<Entries> {
  const isNoList = v.check((value: unknown) => !Array.isArray(value), 'must be an object')
  return v.pipe(v.unknown(), isNoList, v.strictObject(entries))
}

/** Whether a check throws nothing. */
export function passes(check: () => unknown): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}
