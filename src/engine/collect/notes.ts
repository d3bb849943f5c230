/**
 * The collector's work list: notes that are due, oldest first. A note is worked off by being dropped, or filed
 * again under a later hour; so the list itself is the cursor, and a run may be cut off anywhere.
 * @module
 */

import { hour, type NoteKind, noteHour, noteKey, notePrefix } from '../keys.ts'
import { decode, encode, random } from '../record.ts'
import type { ContentNote, RefsNote, Run } from './run.ts'

/**
 * A note as it was found. Notes come before what they tell of, so a young one may tell of what is still to come: it
 * is not dropped before it is a grace period old.
 */
export interface Note<Fields> {
  readonly key: string
  readonly fields: Fields
  /** When this record was written. */
  readonly modified: number
  /** When it was written first. */
  readonly since: number
}

/** Notes that are looked at together: those of one repository share a listing of its manifests. */
const BATCH = 50
const HOUR = 3_600_000

/** The notes that are due, in batches. Whoever takes them works them off before taking more. */
export async function* dueNotes<Fields extends RefsNote | ContentNote>(
  run: Run,
  kind: NoteKind,
): AsyncGenerator<Note<Fields>[], void, void> {
  const { now, storage } = run.core
  let after: string | undefined
  for (;;) {
    const bounds = after === undefined ? {} : { after }
    const batch: Note<Fields>[] = []
    for await (const { key, rec } of storage.records.list(notePrefix(kind), { ...bounds, values: true })) {
      if (!run.alone && noteHour(key) > hour(now())) break
      if (!run.step(1)) break
      const fields = decode<Fields>(rec!.value)
      const { modified } = rec!
      batch.push({ key, fields, modified, since: fields.since ?? modified })
      if (batch.length >= BATCH) break
    }
    after = batch.at(-1)?.key
    if (after === undefined) return
    yield batch
  }
}

/** Files a note for when `time` has come; the old ones are dropped after it. */
export async function fileNote(
  run: Run,
  kind: NoteKind,
  fields: RefsNote | ContentNote,
  time: number,
): Promise<void> {
  if (run.dryRun) return
  await run.core.storage.records.create(noteKey(kind, time, random(8)), encode(fields))
}

/** The next full hour: a note that is due then is not looked at in vain. */
export function hourAfter(time: number): number {
  return time + HOUR
}

/** Drops notes that are worked off. */
export async function dropNotes(run: Run, notes: readonly Note<unknown>[]): Promise<void> {
  if (run.dryRun || notes.length === 0) return
  await run.core.storage.records.drop(notes.map(({ key }) => key))
}
