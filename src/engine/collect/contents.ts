/**
 * The content pass: bytes go when nothing has linked them for the grace period, by two listings that far apart.
 * Whoever was about to copy a link when the first one was made has long done so at the second.
 * @module
 */

import { tellFreed } from '../freed.ts'
import { linkPrefix, sessionOf, sessionPrefix } from '../keys.ts'
import type { Link } from '../links.ts'
import { decode } from '../record.ts'
import { timeOf } from '../upload-id.ts'
import { dropNotes, dueNotes, fileNote, hourAfter, type Note } from './notes.ts'
import { type ContentNote, isOld, type Run } from './run.ts'

/** Works off the notes about bytes. */
export async function removeUnlinked(run: Run): Promise<void> {
  for await (const notes of dueNotes<ContentNote>(run, 'content')) {
    for (const note of notes) await run.attempt(() => firstVisit(run, note))
  }
  if (run.alone) {
    // Of a dry run: notes that it has not written.
    for (const fields of run.unlinked.values())
      await run.attempt(() => firstVisit(run, { key: '', fields, modified: 0, since: 0 }))
  }
  let start: number | undefined
  for await (const notes of dueNotes<ContentNote>(run, 'unlinked')) {
    start ??= await run.time()
    for (const note of notes) await run.attempt(() => secondVisit(run, note, start!))
  }
}

async function firstVisit(run: Run, note: Note<ContentNote>): Promise<void> {
  const { core } = run
  const later = await laterFor(run, note)
  if (later !== null && run.alone) return
  if (later !== null) {
    const fields = { ...note.fields, since: note.since }
    await fileNote(run, 'content', fields, Math.max(hourAfter(core.now()), hourAfter(later)))
  } else if (!(await isLinked(run, note.fields))) {
    if (run.alone) await remove(run, note.fields)
    else await fileNote(run, 'unlinked', note.fields, hourAfter(core.now() + core.grace))
  }
  await dropNotes(run, [note])
}

/** When to look again at a note that nothing can be done about yet; `null` if something can. */
async function laterFor(run: Run, { fields, since }: Note<ContentNote>): Promise<number | null> {
  const ends = await sessionEnd(run, fields.place)
  if (ends !== null) return ends
  // The link that it tells of may still be about to go.
  if (isOld(run, since, await run.time()) || !(await isLinked(run, fields))) return null
  return since + run.core.grace
}

async function secondVisit(run: Run, note: Note<ContentNote>, start: number): Promise<void> {
  if (!run.alone && start - note.modified < run.core.grace) return
  if (!(await isLinked(run, note.fields))) await remove(run, note.fields)
  await dropNotes(run, [note])
}

/**
 * When the session that has made a place expires at the earliest; `null` if it is gone. A session that lives can
 * link its bytes once more, should their link be deleted.
 */
async function sessionEnd({ core, expired }: Run, place: string): Promise<number | null> {
  const session = sessionOf(place)
  if (session === null || expired.has(session)) return null
  const began = timeOf(session)
  for await (const _ of core.storage.records.list(sessionPrefix(began, session), { limit: 1 })) {
    return began + core.grace
  }
  return null
}

async function isLinked({ core, unlinked }: Run, { digest, place }: ContentNote): Promise<boolean> {
  for await (const { key, rec } of core.storage.records.list(linkPrefix(digest), { values: true })) {
    if (decode<Link>(rec!.value).place === place && !unlinked.has(key)) return true
  }
  return false
}

async function remove({ core, dryRun, freed, removed }: Run, { digest, place }: ContentNote): Promise<void> {
  const { contents } = core.storage
  const size = removed.has(place) ? null : await contents.size(place)
  if (size === null) return
  removed.add(place)
  if (!dryRun) await contents.remove([place])
  freed.contents++
  freed.bytes += size
  if (!dryRun) tellFreed(core, { kind: 'content', digest, size, reason: 'no repository has them any more' })
}
