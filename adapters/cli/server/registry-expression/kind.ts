/**
 * What a kind of registry in a configuration file is: how it is written, and how it is opened.
 * @module
 */

import * as v from 'valibot'
import type { Registry, Store } from '../../../../src/index.ts'
import type { Storage } from '../../../../src/storage/index.ts'
import { object } from '../../input/fields.ts'
import type { StoreFields } from './store.ts'
import type { Secret, Surroundings } from './surroundings.ts'

/** Opens what an expression describes; nothing is opened before it is called. */
export type Opener = (opening: Opening) => Promise<Registry>

/** What a kind is opened with. */
export interface Opening extends Surroundings {
  /**
   * Opens a registry within this one.
   * @param place The field that it stands in, as in `registry` or `registries[1]`: errors name it.
   */
  open(inner: Opener, place: string): Promise<Registry>
  /**
   * Looks a secret up.
   * @param field The field that names it, as in `credentials.password`: errors name it.
   */
  secret(where: Secret, field: string): string
  /** Makes a store that is kept up, with its storage, until all is closed. */
  store(storage: Storage, fields: StoreFields): Store
  /** The storage of a store that was opened here. */
  storageOf(registry: Registry): Storage | undefined
  /** Is done when all is closed, and if something else cannot be opened; the last first. */
  onClose(close: () => Promise<void> | void): void
}

/** A registry within another one. */
export type Inner = v.GenericSchema<unknown, Opener>

/** A kind, given what may stand within it. */
export type Kind = (inner: Inner) => v.GenericSchema<unknown, Opener>

/** A kind by its fields, each with its schema; unknown ones are refused. */
export function kindOf<const Entries extends v.ObjectEntries>(
  entries: (inner: Inner) => Entries,
  open: (fields: FieldsOf<Entries>, opening: Opening) => Registry | Promise<Registry>,
  /** What the fields have to be together. */
  rule: { is(fields: FieldsOf<Entries>): boolean; message: string } = { is: () => true, message: '' },
): Kind {
  return (inner) =>
    v.pipe(
      object({ kind: v.string(), ...entries(inner) }),
      v.transform(({ kind: _, ...fields }) => fields as unknown as FieldsOf<Entries>),
      v.check((fields) => rule.is(fields), rule.message),
      v.transform(
        (fields): Opener =>
          async (opening) =>
            open(fields, opening),
      ),
    )
}

type FieldsOf<Entries extends v.ObjectEntries> = v.InferOutput<v.StrictObjectSchema<Entries, undefined>>
