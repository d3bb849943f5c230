/**
 * Manifests: their bytes, what they refer to, and what is derived from them.
 * @module
 */

import { digestOf } from '../../hash/index.ts'
import {
  algorithmOf,
  type Digest,
  isContentDigest,
  type ManifestReference,
  type ManifestView,
  parseManifest,
  referrerOf,
} from '../../oci/index.ts'
import type { Entry, Rec } from '../../storage/index.ts'
import { catalogKey, linkKey, manifestKey, referrerKey } from '../keys.ts'
import { headerOf, type ManifestHeader } from '../manifests.ts'
import { decode, decodeFramed, encode, encodeFramed } from '../record.ts'
import { readDeleted } from './deleted.ts'
import { aside, type Fault, judge, rewrite } from './judge.ts'
import { isThere, type Run } from './run.ts'

/** A manifest that is looked at. */
interface Subject {
  readonly run: Run
  readonly repository: string
  readonly digest: Digest
  readonly key: string
}

/** Checks a manifest. */
export async function checkManifest(
  run: Run,
  entry: Entry,
  repository: string,
  digest: Digest,
): Promise<void> {
  run.tally.counts.manifests++
  const subject = { run, repository, digest, key: entry.key }
  await judge(run, entry, (rec) => faultsOf(subject, rec))
}

async function faultsOf(subject: Subject, rec: Rec): Promise<Fault[]> {
  const { run, repository, digest, key } = subject
  const { header, body } = partsOf(rec.value)
  if ((await digestOf(algorithmOf(digest), body)) !== digest) {
    const text = 'the bytes of this manifest have another digest'
    return [{ problem: 'manifest', text, repository, digest, mend: aside(run, key) }]
  }
  const view = viewOf(body, header)
  if (view === null) {
    const text = 'what is recorded of this manifest is damaged, and its bytes do not tell of what type it is'
    return [{ problem: 'manifest-header', text, repository, digest }]
  }
  return [
    ...headerFaults(subject, header, view, body),
    ...(await referenceFaults(subject, view)),
    ...(await referrerFaults(subject, view, body, rec)),
    ...(await catalogFaults(subject, rec)),
  ]
}

/** The header of a record, `null` if it cannot be read; and the manifest itself. */
function partsOf(value: Uint8Array): { header: Partial<ManifestHeader> | null; body: Uint8Array } {
  try {
    return decodeFramed<ManifestHeader>(value)
  } catch {
    return { header: null, body: value.subarray(value.indexOf(10) + 1) }
  }
}

/** The type as it was recorded comes first: the manifest itself need not tell it. */
function viewOf(body: Uint8Array, header: Partial<ManifestHeader> | null): ManifestView | null {
  for (const type of [header?.mediaType, null]) {
    try {
      if (type !== undefined) return parseManifest(body, type)
    } catch {
      // The next one may do.
    }
  }
  return null
}

function headerFaults(
  { run, repository, digest, key }: Subject,
  header: Partial<ManifestHeader> | null,
  view: ManifestView,
  body: Uint8Array,
): Fault[] {
  const right = headerOf(view)
  if (header && isRight(header, right)) return []
  const text = 'what is recorded of this manifest is not what it says itself'
  const value = () => encodeFramed(right, body)
  return [{ problem: 'manifest-header', text, repository, digest, mend: rewrite(run, key, value) }]
}

/** A header need not list what the manifest refers to. */
function isRight(header: Partial<ManifestHeader>, right: ManifestHeader): boolean {
  const { mediaType, subject, artifactType, refs } = header
  const same =
    mediaType === right.mediaType && subject === right.subject && artifactType === right.artifactType
  return same && (refs === undefined || String(refs) === String(right.refs))
}

async function referenceFaults(subject: Subject, { references }: ManifestView): Promise<Fault[]> {
  const { run, repository, digest } = subject
  const faults: Fault[] = []
  for (const reference of references) {
    if (run.core.sparse || reference.foreign || (await isHere(subject, reference))) continue
    faults.push({
      problem: 'reference',
      text: `this manifest refers to ${reference.digest}, which its repository does not have`,
      repository,
      digest,
      reference: reference.digest,
      still: async () => !(await isHere(subject, reference)),
    })
  }
  return faults
}

/** A child of an index may be a manifest or a blob. */
async function isHere({ run, repository }: Subject, { digest, kind }: ManifestReference): Promise<boolean> {
  if (!isContentDigest(digest)) return false
  if (kind === 'child' && (await isThere(run, manifestKey(repository, digest)))) return true
  return isThere(run, linkKey(repository, digest))
}

async function referrerFaults(
  { run, repository, digest }: Subject,
  view: ManifestView,
  body: Uint8Array,
  rec: Rec,
): Promise<Fault[]> {
  const { subject, artifactType = '' } = view
  // A push writes the manifest first.
  if (subject === undefined || !run.isSettled(rec)) return []
  const { records } = run.core.storage
  const key = referrerKey(repository, subject, artifactType, digest)
  const descriptor = referrerOf(view, digest, body.length)
  const found = await records.get(key, run.call)
  if (found && JSON.stringify(fieldsOf(found.value)?.['descriptor']) === JSON.stringify(descriptor)) return []
  const text = found
    ? 'this manifest is listed wrongly among the referrers of its subject'
    : 'this manifest is not listed among the referrers of its subject'
  const mend = async () => {
    await records.put(key, encode({ descriptor }))
    return 'mended' as const
  }
  // A delete removes it before the manifest.
  const still = async () => !(await readDeleted(run, new Set([repository]))).has(repository, digest)
  return [{ problem: 'referrer', text, repository, digest, still, mend }]
}

/** The fields of a record; `null` if it cannot be read. */
export function fieldsOf(value: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const fields = decode<unknown>(value)
    return typeof fields === 'object' ? (fields as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Once for each repository. */
async function catalogFaults({ run, repository, digest }: Subject, rec: Rec): Promise<Fault[]> {
  const key = catalogKey(repository)
  if (!run.isSettled(rec) || (await isThere(run, key))) return []
  const { records } = run.core.storage
  const still = async () => {
    if (run.seen.has(key) || (await records.get(key, run.call))) return false
    run.seen.add(key)
    return true
  }
  const mend = async () => {
    await records.create(key, encode({}))
    return 'mended' as const
  }
  const text = 'this repository has manifests and is not in the catalog'
  return [{ problem: 'catalog', text, repository, digest, still, mend }]
}
