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
import type { CallOptions, Manifest, PushedManifest } from '../registry.ts'
import type { Call } from '../storage/index.ts'
import type { Catalog } from './catalog.ts'
import type { Core } from './core.ts'
import { manifestKey, referrerKey } from './keys.ts'
import { noteRefs } from './notes.ts'
import { decodeFramed, encode, encodeFramed } from './record.ts'
import { missingReferences, relyOn } from './references.ts'
import { dropTags, putTag, readTag } from './tags.ts'

/** The header line of a manifest record. */
export interface ManifestHeader {
  readonly mediaType: string
  readonly subject?: Digest
  /** What it appears as among the referrers of its subject. */
  readonly artifactType?: string
  /** Everything that it keeps alive. */
  readonly refs: readonly Digest[]
}

interface StoredManifest {
  readonly header: ManifestHeader
  readonly bytes: Uint8Array
  readonly version: string
}

/** Lost races before giving up: each means that somebody else made progress. */
const MAX_RACES = 20

export async function getManifest(
  core: Core,
  repo: string,
  reference: Digest | Tag,
  options: CallOptions,
): Promise<Manifest> {
  const digest = isDigestReference(reference) ? reference : await readTag(core, repo, reference, options)
  // A tag whose manifest is gone is gone: a delete by digest takes effect on every tag at once.
  const stored = digest && (await readManifest(core, repo, digest, options))
  if (!digest || !stored) throw unknownManifest(reference)
  const { header, bytes } = stored
  return { descriptor: { mediaType: header.mediaType, digest, size: bytes.length }, bytes }
}

/** Order: references in use, manifest, referrer, tags, catalog. A crash in between leaves what was before, or more. */
export async function pushManifest(
  core: Core,
  catalog: Catalog,
  repo: string,
  bytes: Uint8Array,
  mediaType: string,
  options: CallOptions & { digest?: Digest; tags?: readonly Tag[] },
): Promise<PushedManifest> {
  const digest = await verify(bytes, options.digest)
  const view = parseManifest(bytes, mediaType || null)
  const { tags = [] } = options
  await relyOn(
    core,
    () => requireReferences(core, repo, view, options),
    async () => {
      await writeManifest(core, repo, digest, view, bytes, options)
    },
  )
  const descriptor: Descriptor = { mediaType: view.mediaType, digest, size: bytes.length }
  for (const tag of tags) await putTag(core, repo, tag, descriptor, options)
  await catalog.add(repo, options)
  return { descriptor, tags, ...(view.subject === undefined ? {} : { subject: view.subject }) }
}

/** Takes effect when the manifest's record goes; the tags are tidied after it. */
export async function deleteManifest(
  core: Core,
  repo: string,
  digest: Digest,
  options: CallOptions,
): Promise<void> {
  let removed = false
  for (let race = 0; race < MAX_RACES && !removed; race++) {
    const stored = await readManifest(core, repo, digest, options)
    if (!stored) break
    await noteRefs(core, repo, stored.header.refs.filter(isContentDigest), options)
    await removeReferrer(core, repo, digest, stored.header, options)
    removed = await core.storage.records.remove(manifestKey(repo, digest), stored.version, options)
  }
  if (!removed) throw unknownManifest(digest)
  await dropTags(
    core,
    repo,
    digest,
    async () => (await readManifest(core, repo, digest, options)) === null,
    options,
  )
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
  return { header, bytes: body, version: rec.version }
}

/** The manifest is not here, under this tag or digest. */
export function unknownManifest(reference: string): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', 'this repository has no such manifest', {
    detail: { reference },
  })
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
  const { mediaType, subject, artifactType = '' } = view
  const refs = view.references.map((reference) => reference.digest)
  const header = { mediaType, ...(subject === undefined ? {} : { subject, artifactType }), refs }
  await core.storage.records.put(manifestKey(repo, digest), encodeFramed(header, bytes), call)
  if (subject === undefined) return
  const key = referrerKey(repo, subject, artifactType, digest)
  await core.storage.records.put(key, encode({ descriptor: referrerOf(view, digest, bytes.length) }), call)
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
