import { type Json, jsonOf } from './respond.ts'

/** Tags in the order of the list. */
export type Batch = readonly string[]

/** What was made of batches. */
interface Made {
  readonly name: string
  readonly batches: readonly Batch[]
  readonly document: Json
}

/** By the first batch. */
const made = new WeakMap<Batch, Made>()

/** A list of fewer tags is made anew sooner than it is found. */
const WORTH_KEEPING = 512

/**
 * The answer with all tags of a repository. Clients that poll a long list get the bytes that were made for the one
 * before, as long as the storage gives the same batches: those do not change (`../batches.ts`), and the bytes go when
 * they go.
 */
export async function tagsDocument(name: string, batches: readonly Batch[]): Promise<Json> {
  const first = batches[0]
  if (first === undefined || first.length < WORTH_KEEPING) return jsonOf({ name, tags: batches.flat() })
  const before = made.get(first)
  if (before?.name === name && isSame(before.batches, batches)) return before.document
  const document = await jsonOf({ name, tags: batches.flat() })
  made.set(first, { name, batches, document })
  return document
}

function isSame(a: readonly Batch[], b: readonly Batch[]): boolean {
  return a.length === b.length && a.every((batch, i) => batch === b[i])
}
