/**
 * Manifests: one record each, byte for byte as pushed.
 * @module
 */

import { digestOf } from '../hash/index.ts'
import {
  algorithmOf,
  type Descriptor,
  type Digest,
  isContentDigest,
  isDigestReference,
  type ManifestView,
  parseManifest,
  RegistryError,
  referrerOf,
  type Tag,
} from '../oci/index.ts'
import type { Manifest, PushedManifest } from '../registry.ts'
import type { Call, Rec } from '../storage/index.ts'
import type { Catalog } from './catalog.ts'
import type { Core } from './core.ts'
import { manifestKey, referrerKey } from './keys.ts'
import { isStale, notePull, useManifest } from './manifest-use.ts'
import { noteRefs } from './notes.ts'
import { decodeFramed, encode, encodeFramed, random } from './record.ts'
import { missingReferences } from './references.ts'
import { deadlineOf, relyOn, stopwatch } from './rely.ts'
import { dropTags, putTag, readTag } from './tags.ts'
import { countManifest } from './usage/count.ts'
import { requireRoomForManifest } from './usage/room.ts'

/** The header line of a manifest record. */
export interface ManifestHeader {
  readonly mediaType: string
  readonly subject?: Digest
  /** What it appears as among the referrers of its subject. */
  readonly artifactType?: string
  /** Everything that it keeps alive; absent when that is too long for a header. */
  readonly refs?: readonly Digest[]
  /** Another for each push, unlike the version also for a use: absent in what was pushed long ago. */
  readonly push?: string
}

/** A manifest as it is stored. */
export interface StoredManifest {
  readonly header: ManifestHeader
  readonly bytes: Uint8Array
  readonly version: string
  /** When it was pushed or, where retention may remove it, used or pulled for the last time; roughly. */
  readonly modified: number
}

/** A header stays below 64 KiB with so many references, also by sha512; others are read from the manifest. */
const MAX_REFS = 400
/** Lost races before giving up: each means that somebody else made progress. */
const MAX_RACES = 20

export async function getManifest(
  core: Core,
  repo: string,
  reference: Digest | Tag,
  call: Call,
): Promise<Manifest> {
  const { modified, ...manifest } = await findManifest(core, repo, reference, call)
  await notePull(core, repo, manifest.descriptor.digest, { modified }, call)
  return manifest
}

/** Where retention may remove manifests, it leaves this one for at least half the grace period. */
export async function resolveManifest(
  core: Core,
  repo: string,
  reference: Digest | Tag,
  call: Call,
): Promise<Descriptor> {
  const found = await findManifest(core, repo, reference, call)
  if (isStale(core, repo, found) && !(await useManifest(core, repo, found.descriptor.digest, call)))
    throw unknownManifest(reference)
  return found.descriptor
}

async function findManifest(
  core: Core,
  repo: string,
  reference: Digest | Tag,
  call: Call,
): Promise<Manifest & Pick<Rec, 'modified'>> {
  const digest = isDigestReference(reference) ? reference : await readTag(core, repo, reference, call)
  // A tag whose manifest is gone is gone: a delete by digest takes effect on every tag at once.
  const stored = digest && (await readManifest(core, repo, digest, call))
  if (!digest || !stored) throw unknownManifest(reference)
  const { header, bytes, modified } = stored
  return { descriptor: { mediaType: header.mediaType, digest, size: bytes.length }, bytes, modified }
}

/** Order: references in use, manifest, referrer, tags, catalog. A crash in between leaves what was before, or more. */
export async function pushManifest(
  core: Core,
  catalog: Catalog,
  repo: string,
  bytes: Uint8Array,
  mediaType: string,
  expected: { digest?: Digest; tags?: readonly Tag[] },
  call: Call,
): Promise<PushedManifest> {
  const digest = await verify(bytes, expected.digest)
  const view = parseManifest(bytes, mediaType || null)
  requireKeys(core, repo, digest, view)
  if (core.limits && !(await core.storage.records.get(manifestKey(repo, digest), call)))
    await requireRoomForManifest(core, repo, call)
  const check = () => requireReferences(core, repo, view, call)
  const write = () => relyOn(core, check, () => writeManifest(core, repo, digest, view, bytes, call))
  const passed = stopwatch(core)
  await write()
  const descriptor: Descriptor = { mediaType: view.mediaType, digest, size: bytes.length }
  const { tags = [] } = expected
  for (const tag of tags) {
    // Retention may have seen a manifest without its tag, and relies on that tags come soon or never.
    const put = () => putTag(core, repo, tag, descriptor, call)
    if (core.retains?.(repo) && passed() >= deadlineOf(core)) await relyOn(core, write, put)
    else await put()
  }
  await catalog.add(repo, call)
  return { descriptor, tags, ...(view.subject === undefined ? {} : { subject: view.subject }) }
}

/** Takes effect when the manifest's record goes; the tags are tidied after it. */
export async function deleteManifest(core: Core, repo: string, digest: Digest, call: Call): Promise<void> {
  let removed = false
  for (let race = 0; race < MAX_RACES && !removed; race++) {
    const stored = await readManifest(core, repo, digest, call)
    if (!stored) break
    await noteRefs(core, repo, referencesOf(stored).filter(isContentDigest), call, { gone: [digest] })
    await removeReferrer(core, repo, digest, stored.header, call)
    removed = await core.storage.records.remove(manifestKey(repo, digest), stored.version, call)
  }
  if (!removed) throw unknownManifest(digest)
  await countManifest(core, repo, -1, call)
  const stillAbsent = async () => (await readManifest(core, repo, digest, call)) === null
  await dropTags(core, repo, digest, stillAbsent, call)
}

/** Everything that a stored manifest keeps alive. */
export function referencesOf({ header, bytes }: StoredManifest): readonly Digest[] {
  return header.refs ?? parseManifest(bytes, header.mediaType).references.map((reference) => reference.digest)
}

/** Reads a manifest's record. */
export async function readManifest(
  core: Core,
  repo: string,
  digest: Digest,
  call: Call,
): Promise<StoredManifest | null> {
  if (!isContentDigest(digest)) return null
  const rec = await core.storage.records.get(manifestKey(repo, digest), call)
  if (!rec) return null
  const { header, body } = decodeFramed<ManifestHeader>(rec.value)
  return { header, bytes: body, version: rec.version, modified: rec.modified }
}

/** The manifest is not here, under this tag or digest. */
export function unknownManifest(reference: string): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', 'this repository has no such manifest', {
    detail: { reference },
  })
}

/** A subject may have any algorithm, so its key may be longer than the storage takes. */
function requireKeys(
  core: Core,
  repo: string,
  digest: Digest,
  { subject, artifactType = '' }: ManifestView,
): void {
  if (subject === undefined) return
  if (referrerKey(repo, subject, artifactType, digest).length <= core.storage.traits.maxKey) return
  throw new RegistryError(
    'MANIFEST_INVALID',
    'the digest of the subject is longer than this registry can keep',
    {
      detail: { path: 'subject' },
    },
  )
}

async function verify(bytes: Uint8Array, expected: Digest | undefined): Promise<Digest> {
  const found = await digestOf(expected ? algorithmOf(expected) : 'sha256', bytes)
  if (expected === undefined || found === expected) return found
  throw new RegistryError('DIGEST_INVALID', 'the manifest does not have this digest', {
    detail: { expected, found },
  })
}

async function requireReferences(core: Core, repo: string, view: ManifestView, call: Call): Promise<void> {
  const missing = await missingReferences(core, repo, view.references, call)
  if (missing.length === 0) return
  const entries = missing.map((digest) => ({
    code: 'MANIFEST_BLOB_UNKNOWN',
    message: 'the manifest refers to content that this repository does not have: push it first',
    detail: { digest },
  }))
  const [first, ...also] = entries
  throw new RegistryError(first!.code, first!.message, { detail: first!.detail, also })
}

async function writeManifest(
  core: Core,
  repo: string,
  digest: Digest,
  view: ManifestView,
  bytes: Uint8Array,
  call: Call,
): Promise<void> {
  const { subject, artifactType = '' } = view
  const header: ManifestHeader = { ...headerOf(view), push: random(8) }
  await putManifest(core, repo, digest, encodeFramed(header, bytes), call)
  if (subject === undefined) return
  const key = referrerKey(repo, subject, artifactType, digest)
  await core.storage.records.put(key, encode({ descriptor: referrerOf(view, digest, bytes.length) }), call)
}

/** What is known of a manifest without reading it. */
export function headerOf({
  mediaType,
  subject,
  artifactType = '',
  references,
}: ManifestView): ManifestHeader {
  const refs = references.map((reference) => reference.digest)
  return {
    mediaType,
    ...(subject === undefined ? {} : { subject, artifactType }),
    ...(refs.length > MAX_REFS ? {} : { refs }),
  }
}

/** Where it counts, only one of several writers is the first. */
async function putManifest(
  core: Core,
  repo: string,
  digest: Digest,
  value: Uint8Array,
  call: Call,
): Promise<void> {
  const { records } = core.storage
  const key = manifestKey(repo, digest)
  if (core.limits && (await records.create(key, value, call)) !== null)
    return countManifest(core, repo, 1, call)
  await records.put(key, value, call)
}

async function removeReferrer(
  core: Core,
  repo: string,
  digest: Digest,
  { subject, artifactType = '' }: ManifestHeader,
  call: Call,
): Promise<void> {
  if (subject === undefined) return
  const key = referrerKey(repo, subject, artifactType, digest)
  const rec = await core.storage.records.get(key, call)
  if (rec) await core.storage.records.remove(key, rec.version, call)
}
