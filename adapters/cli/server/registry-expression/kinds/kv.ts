import * as v from 'valibot'
import { type DenoKv, denoKv } from '../../../../storage/kv/index.ts'
import { text } from '../../../input/fields.ts'
import { UsageError } from '../../../input/values.ts'
import { type Kind, kindOf } from '../kind.ts'
import { storeEntries } from '../store.ts'
import { fileAt, type Surroundings } from '../surroundings.ts'

/** A database of Deno KV: a file, or what Deno itself takes for the default or behind a URL. */
export const kv: Kind = kindOf(
  () => ({ path: v.optional(text), ...storeEntries }),
  async ({ path, ...fields }, opening) => {
    const database = await openDatabase(path, opening)
    return opening.store({ ...denoKv(database), close: async () => database.close() }, fields)
  },
)

type Database = DenoKv & { close(): void }

async function openDatabase(path: string | undefined, around: Surroundings): Promise<Database> {
  const { Deno: deno } = globalThis as { Deno?: { openKv?(path?: string): Promise<Database> } }
  if (!deno?.openKv) throw new UsageError('a key-value store needs Deno', 'deno run --unstable-kv')
  const isFile = path !== undefined && path !== ':memory:' && !/^https?:/.test(path)
  return deno.openKv(isFile ? fileAt(around, path) : path)
}
