import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import type { Logger } from '../../../../src/index.ts'
import { object, text } from '../../input/fields.ts'
import type { Env } from '../../input/flags.ts'
import { UsageError } from '../../input/values.ts'

/** What surrounds an expression. */
export interface Surroundings {
  /** The configuration file. */
  readonly file: string
  /** Variables. */
  readonly env: Env
  /** Is told what the registries have to say. */
  readonly logger: Logger
  /** How long stores keep what nobody refers to, in milliseconds. */
  readonly grace: number
}

/** A file as the configuration file names it: relative to its own folder. */
export function fileAt({ file }: Pick<Surroundings, 'file'>, name: string): string {
  return resolve(dirname(file), name)
}

/** A password or a key. It does not stand in the file itself, which people show to each other. */
export interface Secret {
  /** The variable that holds it. */
  readonly env?: string | undefined
  /** The file that holds it; a line end behind it is taken off. */
  readonly file?: string | undefined
}

/** Where a secret is. */
export const secret: v.GenericSchema<unknown, Secret> = v.pipe(
  object({ env: v.optional(text), file: v.optional(text) }),
  v.check(
    ({ env, file }) => (env === undefined) !== (file === undefined),
    'must be { "env": VARIABLE } or { "file": FILE }',
  ),
)

/** Looks a secret up. @throws {@link UsageError} that says where it is not. */
export function secretOf({ env: name, file }: Secret, around: Surroundings): string {
  const value = name === undefined ? contentOf(fileAt(around, file!)) : around.env[name]
  if (value) return value
  throw new UsageError(name === undefined ? `the file ${file} is empty` : `the variable ${name} is not set`)
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new UsageError(`${missing ? 'there is no' : 'cannot read the'} file ${path}`)
  }
}
