/**
 * The unlink pass: a blob leaves a repository when no manifest refers to it and nobody has used its link for the
 * grace period.
 *
 * The age of a link is compared with the time at which the pass began, before the manifests were listed. Whoever
 * used the link without refreshing it did so less than half the grace period after it was written, and wrote a
 * manifest soon after: that is in the listing. Whoever refreshes it later gives it another version, by which
 * removing it is refused.
 * @module
 */

import { type Digest, isContentDigest } from '../../oci/index.ts'
import { tellFreed } from '../freed.ts'
import { linkKey } from '../keys.ts'
import type { Link } from '../links.ts'
import { decode } from '../record.ts'
import { countBlob } from '../usage/count.ts'
import { dropNotes, dueNotes, fileNote, hourAfter, type Note } from './notes.ts'
import { isOld, type RefsNote, type Run } from './run.ts'
import { survey } from './survey.ts'
import { tidy } from './tidy.ts'

const UNREFERENCED = 'no manifest of the repository refers to it, and nobody has used it for the grace period'

/** Works off the notes about links, one repository after the other. */
export async function unlinkUnused(run: Run): Promise<void> {
  for await (const batch of dueNotes<RefsNote>(run, 'refs')) {
    for (const [repo, notes] of byRepository(batch)) {
      await run.attempt(() => judge(run, repo, notes))
    }
  }
}

function byRepository(notes: readonly Note<RefsNote>[]): Map<string, Note<RefsNote>[]> {
  const repos = new Map<string, Note<RefsNote>[]>()
  for (const note of notes) repos.set(note.fields.repo, [...(repos.get(note.fields.repo) ?? []), note])
  return repos
}

async function judge(run: Run, repo: string, notes: readonly Note<RefsNote>[]): Promise<void> {
  const { grace } = run.core
  const digests = notes.flatMap(({ fields }) => fields.digests)
  const gone = [...new Set(notes.flatMap(({ fields }) => fields.gone ?? []))]
  const found = await unlinkIn(run, repo, digests)
  const young = notes.filter(({ since }) => !isOld(run, since, found.start))
  // Alone, a run looks at notes of all hours: those that it needs again stay where they are.
  if (run.alone && (young.length > 0 || found.young !== null)) return
  for (const { fields, since } of young)
    await fileNote(run, 'refs', { ...fields, since }, hourAfter(since + grace))
  if (found.young !== null)
    await fileNote(
      run,
      'refs',
      { repo, digests: found.digests, since: 0, gone },
      hourAfter(found.young + grace),
    )
  await dropNotes(run, notes)
}

/** What a pass over a repository has left. */
interface Found {
  /** When it began. */
  readonly start: number
  /** When the oldest that was too young to go was written; `null` for nothing. */
  readonly young: number | null
  /** Blobs whose links are too young. */
  readonly digests: readonly Digest[]
}

/** Removes links of a repository that nothing needs, and tidies it. */
export async function unlinkIn(run: Run, repo: string, digests: readonly Digest[]): Promise<Found> {
  const start = await run.time()
  const candidates = new Set(digests.filter(isContentDigest))
  const { referenced, ...found } = await survey(run, repo, candidates)
  const young: Digest[] = []
  let since = Number.POSITIVE_INFINITY
  for (const digest of candidates) {
    if (referenced.has(digest)) continue
    const kept = await unlink(run, repo, digest, start)
    if (kept === null) continue
    young.push(digest)
    since = Math.min(since, kept)
  }
  since = Math.min(since, await tidy(run, repo, found, start))
  return { start, young: since === Number.POSITIVE_INFINITY ? null : since, digests: young }
}

/** Removes a link if it is old enough; when it was written, if not. `null` if there is none any more. */
async function unlink(run: Run, repo: string, digest: Digest, start: number): Promise<number | null> {
  const { records } = run.core.storage
  const key = linkKey(repo, digest)
  const rec = await records.get(key)
  if (!rec) return null
  if (!isOld(run, rec.modified, start)) return rec.modified
  const { place, size } = decode<Link>(rec.value)
  if (run.dryRun) {
    if (!run.unlinked.has(key)) run.freed.links++
    run.unlinked.set(key, { digest, place })
    return null
  }
  await fileNote(run, 'content', { digest, place }, run.core.now())
  // Refused: it was used since it was read.
  if (!(await records.remove(key, rec.version))) return start
  run.freed.links++
  tellFreed(run.core, { kind: 'blob', repository: repo, digest, size, reason: UNREFERENCED })
  await countBlob(run.core, repo, digest, -size, {})
  return null
}
