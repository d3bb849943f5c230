/**
 * Tags and referrers: what names a manifest.
 * @module
 */

import { type Digest, isContentDigest, isDigest, type Tag } from '../../oci/index.ts'
import type { Entry, Rec } from '../../storage/index.ts'
import { manifestKey, referrerKey, taggedKey } from '../keys.ts'
import { readManifest } from '../manifests.ts'
import { encode } from '../record.ts'
import { type Deleted, readDeleted } from './deleted.ts'
import { aside, careful, type Fault, judge } from './judge.ts'
import { fieldsOf } from './manifests.ts'
import type { RepositoryKey } from './read-key.ts'
import { inParallel, isThere, type Run } from './run.ts'

/** A tag or a referrer as it was listed. */
export interface Pointer {
  readonly entry: Entry
  readonly is: Extract<RepositoryKey, { kind: 'tag' | 'referrer' }>
}

const AT_ONCE = 6

/** Checks tags and referrers. Those that name nothing are looked at together: the notes are long to read. */
export async function checkPointers(run: Run, pointers: readonly Pointer[]): Promise<void> {
  const lost: { pointer: Pointer; digest: Digest }[] = []
  await inParallel(pointers, AT_ONCE, async (pointer) => {
    const { entry, is } = pointer
    run.tally.counts[is.kind === 'tag' ? 'tags' : 'referrers']++
    const digest = targetOf(is, entry.rec!)
    await careful(run, entry.key, async () => {
      if (digest !== null && !(await isThere(run, manifestKey(is.repo, digest))))
        lost.push({ pointer, digest })
      else if (is.kind === 'tag') await judge(run, entry, (rec) => tagFaults(run, is, entry.key, rec))
      else await judge(run, entry, (rec) => referrerFaults(run, is, entry.key, rec))
      return false
    })
  })
  if (lost.length === 0) return
  const deleted = await readDeleted(run, new Set(lost.map(({ pointer }) => pointer.is.repo)))
  for (const { pointer, digest } of lost) await checkLost(run, pointer, digest, deleted)
}

/** The manifest that is named; `null` if the record cannot be read. */
function targetOf(is: Pointer['is'], rec: Rec): Digest | null {
  if (is.kind === 'referrer') return is.digest
  const digest = fieldsOf(rec.value)?.['digest']
  return typeof digest === 'string' && isDigest(digest) && isContentDigest(digest) ? digest : null
}

async function tagFaults(
  run: Run,
  is: { readonly repo: string; readonly tag: Tag },
  key: string,
  rec: Rec,
): Promise<Fault[]> {
  const { repo: repository, tag } = is
  const digest = targetOf({ kind: 'tag', ...is }, rec)
  if (digest === null)
    return [
      {
        problem: 'tag',
        text: 'the record of this tag is damaged',
        repository,
        tag,
        mend: aside(run, key),
      },
    ]
  const reverse = taggedKey(repository, digest, tag)
  if (await isThere(run, reverse)) return []
  const text = 'a delete of its manifest would not find this tag'
  const mend = async () => {
    await run.core.storage.records.put(reverse, encode({}))
    return 'mended' as const
  }
  return [{ problem: 'tag-reverse', text, repository, tag, digest, mend }]
}

/** The entry of a manifest that is there: whether it is listed as its manifest says is seen from there. */
async function referrerFaults(
  run: Run,
  { repo: repository, digest }: { readonly repo: string; readonly digest: Digest },
  key: string,
  _rec: Rec,
): Promise<Fault[]> {
  const stored = await readManifest(run.core, repository, digest, run.call).catch((error: unknown) => {
    if (error instanceof SyntaxError) return null
    throw error
  })
  if (!stored) return []
  const { subject, artifactType = '' } = stored.header
  if (subject !== undefined && referrerKey(repository, subject, artifactType, digest) === key) return []
  const text = 'a manifest is listed among the referrers of what is not its subject'
  const mend = async ({ version }: Rec) =>
    (await run.core.storage.records.remove(key, version)) ? ('mended' as const) : null
  return [{ problem: 'referrer', text, repository, digest, mend }]
}

/** A tag that names nothing is absent for clients, and tells of what was lost: it stays. */
async function checkLost(run: Run, { entry, is }: Pointer, digest: Digest, deleted: Deleted): Promise<void> {
  if (deleted.has(is.repo, digest)) return
  await judge(run, entry, async (rec) => {
    if (targetOf(is, rec) !== digest || (await isThere(run, manifestKey(is.repo, digest)))) return []
    const about = { repository: is.repo, digest }
    return is.kind === 'tag'
      ? [{ ...about, problem: 'tag-target', tag: is.tag, text: 'the manifest of this tag is gone' }]
      : [
          {
            ...about,
            problem: 'referrer-target',
            text: 'a manifest that is listed as a referrer is gone',
            mend: aside(run, entry.key),
          },
        ]
  })
}
