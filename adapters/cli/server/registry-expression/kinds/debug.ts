import * as v from 'valibot'
import { debug as told } from '../../../../../src/compose/index.ts'
import { text } from '../../../input/fields.ts'
import { type Kind, kindOf } from '../kind.ts'

/** Each call is a line of the log. */
export const debug: Kind = kindOf(
  (inner) => ({ registry: inner, name: v.optional(text) }),
  async ({ registry, name }, opening) => {
    const tell = ({ args, ...entry }: { readonly args: readonly string[] }) =>
      opening.logger.info('call', { ...(name !== undefined && { name }), args: args.join(' '), ...entry })
    return told(await opening.open(registry, 'registry'), tell)
  },
)
