import type { ParseArgsConfig } from 'node:util'
import { parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'

type Known = NonNullable<ParseArgsConfig['options']>

/** Reads the flags of a command that takes one place, `what`. @throws {@link UsageError} */
export function onePlace<F extends Known>(
  command: string,
  what: string,
  args: readonly string[],
  flags: F,
): { readonly values: ReturnType<typeof parseFlags<F>>['values']; readonly text: string } {
  const { values, positionals } = parseFlags(args, flags)
  const [text, ...more] = positionals
  if (text === undefined || more.length > 0)
    throw new UsageError(`${command} takes ${what}`, `see ocikit ${command} --help`)
  return { values, text }
}
