/**
 * What names a manifest that is not there: a delete may be in the middle of it, or may have left it to the collector.
 * A delete leaves a note before it removes anything, and the collector keeps the note until all is tidied.
 * @module
 */

import type { Digest } from '../../oci/index.ts'
import type { RefsNote } from '../collect/run.ts'
import { notePrefix } from '../keys.ts'
import { decode } from '../record.ts'
import type { Run } from './run.ts'

/** What the notes of the collector tell of some repositories. */
export interface Deleted {
  /** Whether a manifest was deleted, as far as anybody knows. */
  has(repo: string, digest: Digest): boolean
  /** Whether the collector still has to look at a repository. */
  isPending(repo: string): boolean
}

/** Reads the notes that there are now; to be asked only about what was missed before. */
export async function readDeleted(run: Run, repos: ReadonlySet<string>): Promise<Deleted> {
  const gone = new Set<string>()
  const pending = new Set<string>()
  for await (const { rec } of run.core.storage.records.list(notePrefix('refs'), {
    ...run.call,
    values: true,
  })) {
    const note = noteIn(rec!.value)
    if (!note || !repos.has(note.repo)) continue
    pending.add(note.repo)
    for (const digest of note.gone ?? []) gone.add(`${note.repo}@${digest}`)
  }
  return {
    has: (repo, digest) => gone.has(`${repo}@${digest}`),
    isPending: (repo) => pending.has(repo),
  }
}

function noteIn(value: Uint8Array): RefsNote | null {
  try {
    return decode<RefsNote>(value)
  } catch {
    // That record is a finding of its own.
    return null
  }
}
